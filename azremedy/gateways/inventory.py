"""Read whole ARM documents, as Azure sends them, for a copy of a subscription.

The other gateways give values with the few fields that a repair needs; a copy needs every field.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from azremedy.gateways import sending
from azremedy.gateways.translate import translating

if TYPE_CHECKING:
    from azremedy.gateways.clients import Connect, DocumentClient
    from azremedy.gateways.wire_json import Json

_PLAIN = "/;:@()!$&'*+,="
"""What a path may hold as it is. Source: RFC 3986, section 3.3."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One thing to read: a document by its id, or a list of documents."""

    path: str
    """The path behind Resource Manager's host, not percent-encoded."""
    api_version: str
    """The version of the resource provider's API."""
    action: str
    """The ARM permission that it takes."""
    expand: str = ""
    """``$expand``, where more than the bare document is wanted."""
    filter: str = ""
    """``$filter``, where a list takes one."""

    @property
    def url(self) -> str:
        """The request's URL without its host."""
        options = {"$expand": self.expand, "$filter": self.filter}
        given = {name: value for name, value in options.items() if value}
        query = urlencode({"api-version": self.api_version, **given}, quote_via=quote, safe="$")
        return f"{quote(self.path, safe=_PLAIN)}?{query}"


class InventoryGateway:
    """Every kind of document in one subscription. Both methods only read."""

    def __init__(self, connect: Connect[DocumentClient]) -> None:
        self._connect = connect

    def get_document(self, ask: Ask) -> Json:
        """Return one document. Permission: ``ask.action``. Safe to repeat.

        Raises:
            NotFoundError: there is no such document.
            AzremedyError: as ``translating`` tells them.
        """
        with translating(f"reading {ask.path}", action=ask.action):
            return sending.read(self._connect(), ask.url)

    def list_documents(self, ask: Ask) -> tuple[Json, ...]:
        """Return all pages of a list. Permission: ``ask.action``. Safe to repeat.

        Raises:
            NotFoundError: what the list belongs to does not exist.
            AzremedyError: as ``translating`` tells them.
        """
        with translating(f"listing {ask.path}", action=ask.action):
            return sending.read_all(self._connect(), ask.url)
