"""Read the key vaults of an encrypted VM, and what the backup service may do in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain.evidence import Absent, Observed, Reading, Unreadable
from azremedy.domain.keys import (
    ADMINISTRATORS_ACTIONS,
    KEY_VAULT_ADMINISTRATOR,
    KeyFacts,
    RoleGrant,
    RolePermission,
    list_key_uses,
)
from azremedy.errors import SignInError
from azremedy.gateways.observing import as_reading, explain, observe

if TYPE_CHECKING:
    from azremedy.domain.evidence import Observation
    from azremedy.domain.keys import KeyVault, RoleAssignment
    from azremedy.domain.resources import Disk, VirtualMachine
    from azremedy.gateways.session import Gateways
    from azremedy.ids import ResourceId

BY_OPTION = "--object-id"
"""The source of an object id that a person gave."""


def read_keys(
    gateways: Gateways,
    vm: VirtualMachine,
    disks: Reading[Disk],
    *,
    object_id: str | None = None,
) -> KeyFacts:
    """Read what Azure Disk Encryption of a VM needs; nothing is asked when it is not encrypted so.

    Permissions: ``Microsoft.KeyVault/vaults/read``; where roles decide also
    ``Microsoft.Authorization/roleAssignments/read`` and ``roleDefinitions/read``; to find the
    service's account the right to read the tenant's directory, unless its id is given.

    Args:
        gateways: the VM's subscription's.
        vm: the VM with its instance view.
        disks: its managed disks.
        object_id: the service's account, where a person knows it.

    Raises:
        SignInError: nobody can go on without signing in.
    """
    uses = list_key_uses(vm, disks.values)
    if not uses:
        return KeyFacts()
    principal = _find_principal(gateways, object_id)
    seen = [_read_vault(gateways, use.vault_id) for use in uses]
    vaults = as_reading(seen)
    found = [
        _read_grants(gateways, vault.id, principal) for vault in vaults.values if vault.by_roles
    ]
    return KeyFacts(
        principal=principal,
        vaults=vaults,
        gone=tuple(
            use.vault_id for use, fact in zip(uses, seen, strict=True) if isinstance(fact, Absent)
        ),
        grants=Reading(
            values=tuple(grant for each in found for grant in each.values),
            gaps=tuple(gap for each in found for gap in each.gaps),
            receipts=tuple(receipt for each in found for receipt in each.receipts),
        ),
    )


def _find_principal(gateways: Gateways, object_id: str | None) -> Observation[str]:
    """Find the service's account. Who cannot sign in to the directory may still read Azure."""
    if object_id is not None:
        return Observed(value=object_id, source=BY_OPTION)
    directory = gateways.directory
    try:
        found = observe(gateways.trace, directory.source, directory.find_backup_service)
    except SignInError as error:
        found = explain(directory.source, error)
    if isinstance(found, Unreadable):
        return Unreadable(
            source=found.source, why=f"{found.why}. {directory.advice}", answer=found.answer
        )
    return found


def _read_vault(gateways: Gateways, vault_id: ResourceId) -> Observation[KeyVault]:
    return observe(gateways.trace, vault_id, lambda: gateways.key_vaults.get_vault(vault_id))


def _read_grants(
    gateways: Gateways, vault_id: ResourceId, principal: Observation[str]
) -> Reading[RoleGrant]:
    """Read the service's roles at and above a key vault with what each lets do."""
    if not isinstance(principal, Observed):
        return Reading()
    listed = as_reading(
        [
            observe(
                gateways.trace,
                f"{vault_id}/providers/Microsoft.Authorization/roleAssignments",
                lambda: gateways.roles.list_assignments(vault_id, principal.value),
            )
        ]
    )
    found = [
        _read_grant(gateways, vault_id, assignment)
        for assignments in listed.values
        for assignment in assignments
    ]
    return Reading(
        values=tuple(grant for each in found for grant in each.values),
        gaps=(*listed.gaps, *(gap for each in found for gap in each.gaps)),
        receipts=listed.receipts,
    )


def _read_grant(
    gateways: Gateways, vault_id: ResourceId, assignment: RoleAssignment
) -> Reading[RoleGrant]:
    """Read what one assignment lets do. A condition makes that unknown: it is not evaluated."""
    if assignment.condition:
        why = "the role has a condition, which azremedy does not evaluate"
        return Reading(gaps=(Unreadable(source=assignment.id, why=why),))
    role_id = assignment.role_definition_id
    seen = _read_role(gateways, role_id, vault_id)
    if isinstance(seen, Unreadable):
        return Reading(gaps=(seen,))
    return Reading(
        values=tuple(
            RoleGrant(
                assignment_id=assignment.id,
                scope=assignment.scope,
                role_definition_id=role_id,
                data_actions=permission.data_actions,
                not_data_actions=permission.not_data_actions,
            )
            for permission in seen
        )
    )


def _read_role(
    gateways: Gateways, role_id: str, vault_id: ResourceId
) -> tuple[RolePermission, ...] | Unreadable:
    if role_id.rpartition("/")[2].lower() == KEY_VAULT_ADMINISTRATOR:
        return (RolePermission(data_actions=ADMINISTRATORS_ACTIONS),)
    read = gateways.roles.get_permissions
    seen = observe(gateways.trace, role_id, lambda: read(role_id, at=vault_id))
    if isinstance(seen, Absent):
        return Unreadable(source=role_id, why="Azure does not show this role")
    return seen if isinstance(seen, Unreadable) else seen.value
