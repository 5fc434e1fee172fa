"""Read what the caller may do: permissions at groups and resources, and deny assignments."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from azremedy.domain.permissions import Denial, Grant, Principal
from azremedy.errors import PermissionDeniedError
from azremedy.gateways import sending
from azremedy.gateways.translate import translating
from azremedy.gateways.wire_json import Json, section, sections, text, texts
from azremedy.gateways.wire_roles import (
    API_VERSION,
    READ_ASSIGNMENTS,
    READ_DEFINITIONS,
    is_assigned,
)

if TYPE_CHECKING:
    from azremedy.gateways.clients import Connect, DocumentClient
    from azremedy.ids import ResourceId

READ_DENIALS = "Microsoft.Authorization/denyAssignments/read"

_PROVIDER = "providers/Microsoft.Authorization"
_DENIAL = f"/{_PROVIDER}/denyAssignments/".lower()
_WORKERS = 4


class PermissionsGateway:
    """The caller's rights in one subscription. Every method only reads.

    Conditions of role assignments are not looked at: they limit data actions, and which roles may
    be assigned (learn.microsoft.com/azure/role-based-access-control/conditions-overview, 2025).
    """

    def __init__(self, connect: Connect[DocumentClient]) -> None:
        self._connect = connect

    def list_grants(self, scope: ResourceId, *, object_id: str) -> tuple[Grant, ...]:
        """Return what the caller's roles give at a scope, those from above included.

        Groups and resources have a list of their own, which everybody may read. Azure documents
        none for subscriptions, so there the caller's assignments and their roles are read.
        Safe to repeat. Permission: none for groups and resources; ``Microsoft.Authorization/
        roleAssignments/read`` and ``…/roleDefinitions/read`` for subscriptions. Source: API
        document Microsoft.Authorization 2022-04-01.

        Raises:
            PermissionDeniedError: a subscription is asked for, and who calls is not known.
            NotFoundError: there is no such group or resource.
            AzremedyError: as ``translating`` tells them.
        """
        if not scope.resource_group:
            return self._list_by_roles(scope.subscription, object_id)
        with translating("reading the caller's permissions at", target=scope):
            url = sending.make_url(f"{scope}/{_PROVIDER}/permissions", api_version=API_VERSION)
            return tuple(map(_parse_grant, sending.read_all(self._connect(scope), url)))

    def list_denials(self, place: ResourceId) -> tuple[Denial, ...]:
        """Return the deny assignments of a subscription or a group, those around it included.

        Safe to repeat. Permission: ``Microsoft.Authorization/denyAssignments/read`` there.

        Raises:
            AzremedyError: as ``translating`` tells them.
        """
        with translating("listing the deny assignments of", action=READ_DENIALS, target=place):
            url = sending.make_url(f"{place}/{_PROVIDER}/denyAssignments", api_version=API_VERSION)
            return tuple(map(_parse_denial, sending.read_all(self._connect(place), url)))

    def _list_by_roles(self, scope: ResourceId, object_id: str) -> tuple[Grant, ...]:
        if not object_id:
            raise PermissionDeniedError(
                f"The token does not tell who calls, so roles at {scope} cannot be looked up",
                scope=str(scope),
            )
        roles = sorted(self._list_roles(scope, object_id))
        with ThreadPoolExecutor(_WORKERS) as pool:
            read = pool.map(lambda role_id: self._read_role(scope, role_id), roles)
            return tuple(grant for grants in read for grant in grants)

    def _list_roles(self, scope: ResourceId, object_id: str) -> set[str]:
        """List the roles that the caller has at the scope, or above, through groups too."""
        with translating("listing the caller's roles at", action=READ_ASSIGNMENTS, target=scope):
            url = sending.make_url(
                f"{scope}/{_PROVIDER}/roleAssignments",
                api_version=API_VERSION,
                filter=f"atScope() and assignedTo('{object_id}')",
            )
            found = sending.read_all(self._connect(scope), url)
            mine = [section(each, "properties") for each in found if is_assigned(each, object_id)]
        return {text(each, "roleDefinitionId") for each in mine if _reaches(each, scope)}

    def _read_role(self, scope: ResourceId, role_id: str) -> tuple[Grant, ...]:
        name = role_id.rpartition("/")[2]
        with translating(f"reading the role {name} at", action=READ_DEFINITIONS, target=scope):
            url = sending.make_url(
                f"{scope}/{_PROVIDER}/roleDefinitions/{name}", api_version=API_VERSION
            )
            role = sending.read(self._connect(scope), url)
            return tuple(map(_parse_grant, sections(section(role, "properties"), "permissions")))


def _reaches(assignment: Json, scope: ResourceId) -> bool:
    """Say whether an assignment holds at a subscription: it may be made above, never below."""
    home = text(assignment, "scope").rstrip("/").lower()
    return home == scope.key or not home.startswith("/subscriptions/")


def _parse_grant(document: Json) -> Grant:
    return Grant(actions=texts(document, "actions"), not_actions=texts(document, "notActions"))


def _parse_denial(document: Json) -> Denial:
    denial_id, properties = text(document, "id"), section(document, "properties")
    home = denial_id[: denial_id.lower().rfind(_DENIAL)]
    return Denial(
        id=denial_id,
        name=text(properties, "denyAssignmentName") or text(document, "name"),
        scope=text(properties, "scope") or home,
        permissions=tuple(map(_parse_grant, sections(properties, "permissions"))),
        principals=tuple(map(_parse_principal, sections(properties, "principals"))),
        spared=tuple(map(_parse_principal, sections(properties, "excludePrincipals"))),
        only_here=properties.get("doNotApplyToChildScopes") is True,
    )


def _parse_principal(document: Json) -> Principal:
    return Principal(id=text(document, "id"), kind=text(document, "type"))
