"""Find the backup service's own account in the tenant's directory, Microsoft Graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain.keys import BACKUP_SERVICE, PUBLIC_APP_ID
from azremedy.errors import NotFoundError, PermissionDeniedError, UsageError
from azremedy.gateways import sending
from azremedy.gateways.translate import translating
from azremedy.gateways.wire_json import AnswerFormatError, page_entries, text

if TYPE_CHECKING:
    from azremedy.gateways.clients import Connect, DocumentClient
    from azremedy.gateways.clouds import Cloud

ADVICE = (
    f"Give --object-id; 'az ad sp show --id {PUBLIC_APP_ID} --query id -o tsv' tells it "
    "to whoever may read the directory."
)
ADVICE_ELSEWHERE = (
    f"Give --object-id: look '{BACKUP_SERVICE}' up among the tenant's enterprise applications; "
    "its application id is not public Azure's."
)

_PUBLIC = frozenset({"public", "azurecloud"})
"""What the public cloud calls itself, here and in its metadata."""


class DirectoryGateway:
    """The directory of the tenant that the session is signed in to."""

    def __init__(self, connect: Connect[DocumentClient], cloud: Cloud) -> None:
        self._connect = connect
        self._cloud = cloud

    @property
    def advice(self) -> str:
        """What to do when the directory does not tell."""
        return ADVICE if self._is_public else ADVICE_ELSEWHERE

    @property
    def source(self) -> str:
        """Where it looks."""
        return f"{self._cloud.graph or self._cloud.name}/v1.0/servicePrincipals"

    def find_backup_service(self) -> str:
        """Return the object id of the Backup Management Service. Safe to repeat.

        Needs a token for Microsoft Graph and there ``Application.Read.All`` or a directory role
        that reads; Azure's own roles give neither. Source:
        learn.microsoft.com/graph/api/serviceprincipal-list (v1.0).

        Raises:
            UsageError: in this cloud the application is not known, or there is no directory.
            NotFoundError: the tenant has no such account.
            PermissionDeniedError, SignInError: the directory is not open to the caller.
            AzremedyError: as ``translating`` tells them.
        """
        if not (self._is_public and self._cloud.graph):
            raise UsageError(
                f"In the cloud '{self._cloud.name}' the {BACKUP_SERVICE} cannot be looked up",
                advice=self.advice,
            )
        try:
            found = self._ask()
        except PermissionDeniedError as error:
            raise PermissionDeniedError(
                error.summary, advice=self.advice, answer=error.answer
            ) from error
        if not found:
            raise NotFoundError(
                f"The tenant's directory has no {BACKUP_SERVICE} ({PUBLIC_APP_ID})",
                advice="It comes with the first vault of the tenant: see whether this is the right "
                "tenant.",
            )
        return found

    @property
    def _is_public(self) -> bool:
        return self._cloud.name.lower() in _PUBLIC

    def _ask(self) -> str:
        with translating(f"looking the {BACKUP_SERVICE} up in the directory"):
            path = sending.make_query(
                "/v1.0/servicePrincipals",
                {"$filter": f"appId eq '{PUBLIC_APP_ID}'", "$select": "id"},
            )
            found = page_entries(sending.read(self._connect(), f"{self._cloud.graph}{path}"))
            if len(found) > 1:
                raise AnswerFormatError(f"{len(found)} accounts have one application id")
            return text(found[0], "id") if found else ""
