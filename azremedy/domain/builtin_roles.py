"""Which of Azure's built-in roles holds an action: the narrowest one, as far as they are known.

Only what this program's actions need of them is written here.
Source: learn.microsoft.com/azure/role-based-access-control/built-in-roles (2025-01).
"""

from __future__ import annotations

from azremedy.domain.permissions import Grant

_AUTHORIZATION = "Microsoft.Authorization"
_VAULTS = "Microsoft.RecoveryServices/Vaults"
_ITEMS = f"{_VAULTS}/backupFabrics/protectionContainers/protectedItems"
_READ_ROLES = f"{_AUTHORIZATION}/*/read"
_READ_GROUPS = "Microsoft.Resources/subscriptions/resourceGroups/read"

ROLES: tuple[tuple[str, Grant], ...] = (
    ("Backup Reader", Grant(actions=(f"{_VAULTS}/*/read", f"{_VAULTS}/read"))),
    ("Reader", Grant(actions=("*/read",))),
    (
        "Backup Operator",
        Grant(
            actions=(
                _READ_ROLES,
                "Microsoft.RecoveryServices/locations/backupStatus/action",
                f"{_ITEMS}/backup/action",
                f"{_ITEMS}/write",
                f"{_VAULTS}/backupJobs/*",
                _READ_GROUPS,
            )
        ),
    ),
    (
        "Virtual Machine Contributor",
        Grant(
            actions=(
                _READ_ROLES,
                "Microsoft.Compute/locations/*",
                "Microsoft.Compute/virtualMachines/*",
                "Microsoft.Network/networkSecurityGroups/join/action",
                "Microsoft.RecoveryServices/locations/*",
                _READ_GROUPS,
            )
        ),
    ),
    ("Network Contributor", Grant(actions=(_READ_ROLES, "Microsoft.Network/*", _READ_GROUPS))),
    ("Key Vault Contributor", Grant(actions=(_READ_ROLES, "Microsoft.KeyVault/*", _READ_GROUPS))),
    (
        "Role Based Access Control Administrator",
        Grant(
            actions=(
                "*/read",
                f"{_AUTHORIZATION}/roleAssignments/delete",
                f"{_AUTHORIZATION}/roleAssignments/write",
            )
        ),
    ),
    ("User Access Administrator", Grant(actions=("*/read", f"{_AUTHORIZATION}/*"))),
    (
        "Contributor",
        Grant(
            actions=("*",),
            not_actions=(f"{_AUTHORIZATION}/*/Delete", f"{_AUTHORIZATION}/*/Write"),
        ),
    ),
    ("Owner", Grant(actions=("*",))),
)
"""The narrowest first. No narrow one deletes restore point collections."""


def find_role(action: str) -> str:
    """Name the first role that holds an action; Owner holds all."""
    return next(name for name, grant in ROLES if grant.gives(action))
