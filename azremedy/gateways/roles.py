"""Read who holds which role, and assign a role or take it back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from azremedy.gateways import sending
from azremedy.gateways.operations import receipt_of
from azremedy.gateways.translate import translating
from azremedy.gateways.wire_keyvaults import parse_assignment, parse_permissions
from azremedy.gateways.wire_roles import (
    API_VERSION,
    READ_ASSIGNMENTS,
    READ_DEFINITIONS,
    is_assigned,
)

if TYPE_CHECKING:
    from azure.mgmt.authorization import AuthorizationManagementClient

    from azremedy.domain.keys import RoleAssignment, RolePermission
    from azremedy.gateways.clients import Connect, DocumentClient
    from azremedy.gateways.operations import Receipt
    from azremedy.ids import ResourceId

WRITE_ASSIGNMENTS = "Microsoft.Authorization/roleAssignments/write"
DELETE_ASSIGNMENTS = "Microsoft.Authorization/roleAssignments/delete"

_PROVIDER = "providers/Microsoft.Authorization"


class RolesGateway:
    """Role assignments at resources of one subscription."""

    def __init__(
        self,
        connect: Connect[DocumentClient],
        change: Connect[AuthorizationManagementClient],
    ) -> None:
        self._connect = connect
        self._change = change

    def list_assignments(self, scope: ResourceId, object_id: str) -> tuple[RoleAssignment, ...]:
        """Return the roles of a principal at a resource and above, through groups too.

        Safe to repeat. Permission: ``Microsoft.Authorization/roleAssignments/read``. Source:
        learn.microsoft.com/azure/role-based-access-control/role-assignments-list-rest.

        Raises:
            AzremedyError: as ``translating`` tells them.
        """
        with translating("listing the roles at", action=READ_ASSIGNMENTS, target=scope):
            url = sending.make_url(
                f"{scope}/{_PROVIDER}/roleAssignments",
                api_version=API_VERSION,
                filter=f"atScope() and assignedTo('{object_id}')",
            )
            found = sending.read_all(self._connect(scope), url)
            return tuple(parse_assignment(each) for each in found if is_assigned(each, object_id))

    def get_permissions(
        self, role_definition_id: str, *, at: ResourceId
    ) -> tuple[RolePermission, ...]:
        """Return what a role lets do to data. Safe to repeat.

        Permission: ``Microsoft.Authorization/roleDefinitions/read`` at the resource ``at``.

        Raises:
            NotFoundError: there is no such role.
            AzremedyError: as ``translating`` tells them.
        """
        name = role_definition_id.rpartition("/")[2]
        with translating(f"reading the role {name} at", action=READ_DEFINITIONS, target=at):
            url = sending.make_url(
                f"{at}/{_PROVIDER}/roleDefinitions/{name}", api_version=API_VERSION
            )
            return parse_permissions(sending.read(self._connect(at), url))

    def get_assignment(self, assignment_id: ResourceId) -> RoleAssignment:
        """Return one role assignment. Safe to repeat.

        Permission: ``Microsoft.Authorization/roleAssignments/read``.

        Raises:
            NotFoundError: there is no such assignment.
            AzremedyError: as ``translating`` tells them.
        """
        tried = "reading the role assignment"
        with translating(tried, action=READ_ASSIGNMENTS, target=assignment_id):
            url = sending.make_url(assignment_id, api_version=API_VERSION)
            return parse_assignment(sending.read(self._connect(assignment_id), url))

    def create_assignment(
        self, assignment_id: ResourceId, *, role_definition_id: str, object_id: str
    ) -> Receipt:
        """Assign a role to a service principal at the assignment's scope.

        Safe to repeat: Azure answers ``RoleAssignmentExists`` then. Permission:
        ``Microsoft.Authorization/roleAssignments/write``.

        Raises:
            ConflictError: code ``RoleAssignmentExists``: it has the role there already.
            LockedError: a ReadOnly lock stands in the way.
            AzremedyError: as ``translating`` tells them.
        """
        wanted = {
            "properties": {
                "roleDefinitionId": role_definition_id,
                "principalId": object_id,
                "principalType": "ServicePrincipal",
            }
        }
        tried = "making the role assignment"
        with translating(tried, action=WRITE_ASSIGNMENTS, target=assignment_id):
            calls = self._change(assignment_id).role_assignments
            # As bytes: the model's arguments differ between the SDK's versions.
            body: Any = json.dumps(wanted).encode()
            answer: Any = calls.create_by_id(str(assignment_id), body, cls=receipt_of)
            receipt: Receipt = answer
            return receipt

    def delete_assignment(self, assignment_id: ResourceId) -> Receipt:
        """Remove a role assignment; ``already_gone`` tells that there was nothing to remove.

        Safe to repeat. Permission: ``Microsoft.Authorization/roleAssignments/delete``.

        Raises:
            LockedError: a lock of either level stands in the way.
            AzremedyError: as ``translating`` tells them.
        """
        tried = "removing the role assignment"
        with translating(tried, action=DELETE_ASSIGNMENTS, target=assignment_id):
            calls = self._change(assignment_id).role_assignments
            answer: Any = calls.delete_by_id(str(assignment_id), cls=receipt_of)
            receipt: Receipt = answer
            return receipt
