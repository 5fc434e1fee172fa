"""Find out from documents whether the backup service may read an encrypted machine's keys.

A machine under Azure Disk Encryption names its secrets and keys in its model (dual pass), in its
instance view or in its disks (single pass).
Source: learn.microsoft.com/azure/backup/backup-azure-vms-encryption (2022-12-14).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.sandbox import arm_ids
from azremedy.sandbox.rbac import matches
from azremedy.sandbox.tokens import BACKUP_SERVICE_OBJECT

if TYPE_CHECKING:
    from azremedy.sandbox.http import Json
    from azremedy.sandbox.world import World

KEY_VAULT_ADMINISTRATOR = "00482a5a-887f-4fb3-b363-3b7fe8e74483"
"""The built-in role that lets the service in, the same in every tenant.

Source: learn.microsoft.com/azure/role-based-access-control/built-in-roles.
"""

_VAULTS = "Microsoft.KeyVault/vaults"
_SECRET_RIGHTS = frozenset({"get", "list"})
_KEY_RIGHTS = frozenset({"get", "list", "backup"})
_SECRET_ACTIONS = tuple(
    f"{_VAULTS}/secrets/{verb}"
    for verb in ("getSecret/action", "backup/action", "readMetadata/action")
)
_KEY_ACTIONS = tuple(f"{_VAULTS}/keys/{verb}" for verb in ("read", "backup/action"))


def settings_of(world: World, vm: Json) -> tuple[Json, ...]:
    """Give all encryption settings of a machine; empty when it is not encrypted so."""
    profile = vm["properties"].get("storageProfile", {})
    view = vm["properties"].get("instanceView", {})
    found = [profile.get("osDisk", {}).get("encryptionSettings") or {}]
    for disk in view.get("disks", []):
        found += disk.get("encryptionSettings") or []
    for disk_id in disk_ids(vm):
        disk = world.documents.get(disk_id) or {"properties": {}}
        collection = disk["properties"].get("encryptionSettingsCollection") or {}
        if collection.get("enabled"):
            found += collection.get("encryptionSettings") or []
    return tuple(each for each in found if each and each.get("enabled", True))


def disk_ids(vm: Json) -> tuple[str, ...]:
    """Give the ids of a machine's managed disks."""
    profile = vm["properties"].get("storageProfile", {})
    disks = [profile.get("osDisk") or {}, *(profile.get("dataDisks") or [])]
    ids = ((disk.get("managedDisk") or {}).get("id", "") for disk in disks)
    return tuple(disk_id for disk_id in ids if disk_id)


def locked_out(world: World, vm: Json) -> bool:
    """Tell whether some key vault of a machine does not let the backup service in."""
    return any(not _lets_in(world, each) for each in settings_of(world, vm))


def _lets_in(world: World, settings: Json) -> bool:
    secret, key = settings.get("diskEncryptionKey"), settings.get("keyEncryptionKey")
    needs = (
        (secret, "secrets", _SECRET_RIGHTS, _SECRET_ACTIONS),
        (key, "keys", _KEY_RIGHTS, _KEY_ACTIONS),
    )
    return all(
        _holds(world, named["sourceVault"]["id"], kind, rights=rights, actions=actions)
        for named, kind, rights, actions in needs
        if named
    )


def _holds(
    world: World, vault_id: str, kind: str, *, rights: frozenset[str], actions: tuple[str, ...]
) -> bool:
    vault = world.documents.get(vault_id)
    # Who was let in there before is kept out meanwhile, too: that is simpler than in Azure.
    fresh = any(arm_ids.within(vault_id, scope) for scope in world.list_fresh_rights())
    if not vault or fresh:
        return False
    if vault["properties"].get("enableRbacAuthorization"):
        return _by_role(world, vault_id, actions)
    return any(
        rights <= granted or "all" in granted for granted in _by_policy(vault["properties"], kind)
    )


def _by_policy(properties: Json, kind: str) -> list[set[str]]:
    return [
        {right.lower() for right in policy.get("permissions", {}).get(kind) or []}
        for policy in properties.get("accessPolicies", [])
        if str(policy.get("objectId", "")).lower() == BACKUP_SERVICE_OBJECT
    ]


def _by_role(world: World, vault_id: str, actions: tuple[str, ...]) -> bool:
    """Tell whether one role of the service at or above the vault gives every action."""
    for assignment in world.documents.of_type("Microsoft.Authorization/roleAssignments"):
        properties = assignment["properties"]
        home = properties.get("scope") or arm_ids.parse(assignment["id"]).scope or "/"
        mine = str(properties.get("principalId", "")).lower() == BACKUP_SERVICE_OBJECT
        role = str(properties.get("roleDefinitionId", ""))
        if mine and arm_ids.within(vault_id, home) and _gives(world, role, actions):
            return True
    return False


def _gives(world: World, role_id: str, actions: tuple[str, ...]) -> bool:
    name = role_id.rsplit("/", 1)[-1].lower()
    if name == KEY_VAULT_ADMINISTRATOR:
        return True
    for role in world.documents.of_type("Microsoft.Authorization/roleDefinitions"):
        if role["name"].lower() == name:
            permissions = role["properties"].get("permissions", [])
            given = [action for each in permissions for action in each.get("dataActions") or []]
            return all(matches(action, tuple(given)) for action in actions)
    return False
