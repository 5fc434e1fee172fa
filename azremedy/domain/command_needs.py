"""Which ARM permissions each command needs: what it reads to plan, and what its steps use."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from azremedy.domain.needs import LOCK_READ, USES, VAULT_READ, At, Use, Weight
from azremedy.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

_COMPUTE = "Microsoft.Compute"
_VAULT = "Microsoft.RecoveryServices/Vaults"
_ITEM = f"{_VAULT}/backupFabrics/protectionContainers/protectedItems"
_AUTHORIZATION = "Microsoft.Authorization"

GROUP_READ = "Microsoft.Resources/subscriptions/resourceGroups/read"
DENIALS_READ = f"{_AUTHORIZATION}/denyAssignments/read"
ROLE_READS = (f"{_AUTHORIZATION}/roleAssignments/read", f"{_AUTHORIZATION}/roleDefinitions/read")


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandNeeds:
    """What one command needs at most."""

    reads: tuple[Use, ...]
    """What it reads to find out and to plan; a missing one leaves a gap."""
    steps: tuple[str, ...] = ()
    """The kinds of steps that its plans may hold."""
    optional: tuple[str, ...] = ()
    """Those that they hold only with a flag such as ``--unlock``."""

    @property
    def uses(self) -> tuple[Use, ...]:
        """Everything, each action at each place once; the heavier weight decides."""
        order = (Weight.MAY, Weight.SHOULD, Weight.MUST)
        needed = (use for kind in self.steps for use in USES[kind])
        allowed = (_lighten(use) for kind in self.optional for use in USES[kind])
        heaviest: dict[tuple[At, str], Use] = {}
        for use in (*needed, *allowed, *self.reads):
            known = heaviest.setdefault((use.at, use.action), use)
            if order.index(use.weight) > order.index(known.weight):
                heaviest[use.at, use.action] = use
        return tuple(heaviest.values())


def _lighten(use: Use) -> Use:
    return replace(use, weight=Weight.SHOULD) if use.weight is Weight.MUST else use


def _read(at: At, *actions: str, weight: Weight = Weight.SHOULD) -> tuple[Use, ...]:
    return tuple(Use(action=action, at=at, weight=weight) for action in actions)


_FIND_VM = (
    *_read(At.VM, f"{_COMPUTE}/virtualMachines/read", weight=Weight.MUST),
    *_read(At.VM, f"{_COMPUTE}/virtualMachines/instanceView/read", weight=Weight.MAY),
)
_PROTECTION = (
    *_read(At.VAULT, VAULT_READ, f"{_VAULT}/backupProtectedItems/read"),
    *_read(At.VAULT, f"{_VAULT}/backupJobs/read"),
    *_read(At.SUBSCRIPTION, "Microsoft.RecoveryServices/locations/backupStatus/action"),
)
_SCAN = (
    *_read(At.SUBSCRIPTION, "Microsoft.Resources/subscriptions/read", weight=Weight.MUST),
    *_read(At.SUBSCRIPTION, f"{_COMPUTE}/virtualMachines/read"),
    *_read(At.SUBSCRIPTION, f"{_COMPUTE}/restorePointCollections/read", LOCK_READ),
    *_read(At.SUBSCRIPTION, VAULT_READ, f"{_ITEM}/read"),
    *_read(At.SUBSCRIPTION, f"{_VAULT}/backupProtectedItems/read", f"{_VAULT}/backupJobs/read"),
)
"""Resource Graph shows what the caller may read, row by row."""
_LOCKS = _read(At.SUBSCRIPTION, LOCK_READ)
_SEE_GROUPS = _read(At.SUBSCRIPTION, GROUP_READ, weight=Weight.MUST)
_COLLECTIONS = (
    *_read(At.SUBSCRIPTION, f"{_COMPUTE}/restorePointCollections/read", GROUP_READ),
    *_read(At.VAULT, VAULT_READ, f"{_VAULT}/backupPolicies/read"),
)
_POINTS = _read(At.VAULT, f"{_ITEM}/recoveryPoints/read")
_EXTENSIONS = _read(At.VM, f"{_COMPUTE}/virtualMachines/extensions/read")
_NETWORK = _read(
    At.NETWORK,
    "Microsoft.Network/networkInterfaces/read",
    "Microsoft.Network/networkSecurityGroups/read",
    "Microsoft.Network/routeTables/read",
    "Microsoft.Network/virtualNetworks/subnets/read",
)
_DISKS = _read(At.VM, f"{_COMPUTE}/disks/read")
_DISK_KEYS = _read(At.VM, f"{_COMPUTE}/diskEncryptionSets/read")
_KEYS = _read(At.KEY_VAULT, "Microsoft.KeyVault/vaults/read", *ROLE_READS)
_PREFLIGHT = _read(At.SUBSCRIPTION, DENIALS_READ)
_PREFLIGHT_OF_LOCKS = (*_PREFLIGHT, *_read(At.SUBSCRIPTION, *ROLE_READS))
_FIND_ALL = (*_LOCKS, *_COLLECTIONS)
_CLEAN = (*_FIND_VM, *_PROTECTION, *_FIND_ALL, *_POINTS, *_PREFLIGHT_OF_LOCKS)
_VM_READS = (*_FIND_VM, *_PROTECTION, *_LOCKS, *_PREFLIGHT_OF_LOCKS)
_DIAGNOSE = (
    *_FIND_VM,
    *_PROTECTION,
    *_FIND_ALL,
    *_POINTS,
    *_EXTENSIONS,
    *_NETWORK,
    *_DISKS,
    *_DISK_KEYS,
    *_KEYS,
)
_UNLOCK = ("DeleteLock", "CreateLock")
_BACKUP = ("TriggerBackup", "WaitForJob")
_CLEANING = ("DeleteRestorePointCollection", "WaitForCleanup")
_WAYS = ("ReapplyVm", "RestartVm", "RedeployVm", "DeallocateVm")
_OPENING = ("AddSecurityRule", "AddServiceEndpoint", "AddVaultAccess", "AddRoleAssignment")
_REPAIRS = ("RunGuestScript", *_WAYS, *_OPENING, "CancelJob", "ResumeProtection")
"""What ``fix`` does only where a flag of its own allows it."""
_TAKING_BACK = ("CreateLock", "StartVm", *(kind for kind in USES if kind.startswith("Remove")))

COMMANDS: Mapping[str, CommandNeeds] = {
    "allow-storage": CommandNeeds(
        reads=(*_FIND_VM, *_LOCKS, *_NETWORK, *_PREFLIGHT_OF_LOCKS),
        steps=("AddSecurityRule", "AddServiceEndpoint"),
        optional=_UNLOCK,
    ),
    "backup-now": CommandNeeds(reads=(*_FIND_VM, *_PROTECTION, *_PREFLIGHT), steps=_BACKUP),
    "clean-rpc": CommandNeeds(
        reads=_CLEAN, steps=("DeleteRestorePointCollection",), optional=_UNLOCK
    ),
    "clean-rpc --by backup": CommandNeeds(
        reads=_CLEAN, steps=(*_BACKUP, "WaitForCleanup"), optional=_UNLOCK
    ),
    "clean-rpc --orphaned": CommandNeeds(
        reads=(*_CLEAN, *_read(At.SUBSCRIPTION, VAULT_READ)),
        steps=("DeleteRestorePointCollection",),
        optional=_UNLOCK,
    ),
    "diagnose": CommandNeeds(reads=_DIAGNOSE),
    "diagnose --look-inside": CommandNeeds(
        reads=(*_DIAGNOSE, *_PREFLIGHT_OF_LOCKS), steps=("RunGuestScript",), optional=_UNLOCK
    ),
    "find-rg": CommandNeeds(reads=(*_SEE_GROUPS, *_FIND_ALL)),
    "fix": CommandNeeds(
        reads=(*_DIAGNOSE, *_PREFLIGHT_OF_LOCKS),
        steps=(*_CLEANING, "DeleteExtension", "WaitForIdle", "WaitForVm", *_BACKUP),
        optional=(*_REPAIRS, "WaitForRights", *_UNLOCK),
    ),
    "grant-keyvault": CommandNeeds(
        reads=(*_FIND_VM, *_LOCKS, *_DISKS, *_KEYS, *_PREFLIGHT_OF_LOCKS),
        steps=("AddVaultAccess", "AddRoleAssignment"),
        optional=_UNLOCK,
    ),
    "guest": CommandNeeds(reads=_VM_READS, steps=("RunGuestScript",), optional=_UNLOCK),
    "reset-extension": CommandNeeds(
        reads=(*_VM_READS, *_EXTENSIONS), steps=("DeleteExtension",), optional=_UNLOCK
    ),
    "restart-agent": CommandNeeds(
        reads=_VM_READS, steps=("RunGuestScript",), optional=(*_WAYS, "StartVm", *_UNLOCK)
    ),
    "scan": CommandNeeds(reads=_SCAN),
    "undo": CommandNeeds(reads=_PREFLIGHT_OF_LOCKS, optional=_TAKING_BACK),
    "unlock-rg": CommandNeeds(
        reads=(*_SEE_GROUPS, *_FIND_ALL, *_PREFLIGHT_OF_LOCKS),
        steps=("DeleteLock",),
        optional=("CreateLock",),
    ),
}
"""By command. What a person alone can allow, such as ``--unlock``, is in it."""

ALL = "all"


def find_commands(name: str) -> dict[str, CommandNeeds]:
    """Give one command's needs, or with ``all`` those of every command.

    Raises:
        UsageError: there is no such command, or it needs nothing of Azure.
    """
    if name == ALL:
        return dict(COMMANDS)
    if name not in COMMANDS:
        raise UsageError(
            f"'{name}' is no command that needs permissions",
            advice=f"Known are: {', '.join([*COMMANDS, ALL])}.",
        )
    return {name: COMMANDS[name]}
