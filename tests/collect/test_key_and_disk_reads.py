"""Disks, encryption sets and key vaults are read, and what cannot be read is no finding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from azremedy.collect.disks import read_disks, read_encryption_sets
from azremedy.collect.keys import read_keys
from azremedy.domain.evidence import Observed, Reading, Unreadable
from azremedy.domain.keys import find_missing, find_unknown, list_key_uses
from azremedy.domain.resources import Disk, DiskEncryptionSet, KeyUse
from azremedy.ids import ResourceId
from azremedy.sandbox.scenario import Fault, Match
from tests.support.key_worlds import (
    BEK,
    DEFINITION_TYPE,
    DISK,
    GROUP,
    KEK,
    SERVICE,
    VAULT,
    assigned,
    by_roles,
    closed,
    disk_document,
    with_settings,
)
from tests.support.stages import (
    ROOT,
    Stage,
    answered,
    forbidding,
    open_stage,
    with_faults,
    with_resources,
    without_resources,
)

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.domain.keys import KeyFacts
    from azremedy.sandbox.scenario import Scenario

VM = ResourceId.parse(f"{GROUP}/providers/Microsoft.Compute/virtualMachines/web-1")
SET = f"{GROUP}/providers/Microsoft.Compute/diskEncryptionSets/des-1"
ROLE = f"{ROOT}/providers/{DEFINITION_TYPE}/99999999-0000-0000-0000-000000000001"
DIRECTORY = Match(method="GET", path="/v1.0/servicePrincipals")
VAULT_READ = "Microsoft.KeyVault/vaults/read"
DISK_READ = "Microsoft.Compute/disks/read"
SET_READ = "Microsoft.Compute/diskEncryptionSets/read"
ROLES_READ = "Microsoft.Authorization/roleAssignments/read"
ROLE_READ = "Microsoft.Authorization/roleDefinitions/read"


def encryption_set(**key: Any) -> Any:
    """Write a disk encryption set."""
    return {
        "id": SET,
        "location": "westeurope",
        "identity": {"type": "SystemAssigned"},
        "properties": {
            "activeKey": {"keyUrl": "https://kv-shop.vault.azure.net/keys/disks/1", **key},
            "encryptionType": "EncryptionAtRestWithCustomerKey",
            "provisioningState": "Succeeded",
        },
    }


def custom_role(*actions: str) -> Any:
    """Write a role that lets do something with data."""
    permission = {"actions": [], "notActions": [], "dataActions": list(actions)}
    return {"id": ROLE, "properties": {"roleName": "Keys", "permissions": [permission]}}


def with_set(*documents: Any) -> Scenario:
    """Let a disk encryption set encrypt the disk."""
    encryption = {"type": "EncryptionAtRestWithCustomerKey", "diskEncryptionSetId": SET}
    return with_resources(closed(), disk_document(encryption=encryption), *documents)


def read_disks_of(stage: Stage) -> Reading[Disk]:
    """Read the disks of web-1."""
    gateways = stage.azure.gateways()
    return read_disks(gateways, gateways.compute.get_vm(VM))


def read_sets_of(stage: Stage) -> Reading[DiskEncryptionSet]:
    """Read the encryption sets of web-1's disks."""
    return read_encryption_sets(stage.azure.gateways(), read_disks_of(stage))


def read_keys_of(stage: Stage, object_id: str | None = None) -> KeyFacts:
    """Read the key vaults of web-1."""
    gateways = stage.azure.gateways()
    vm = gateways.compute.get_vm(VM)
    return read_keys(gateways, vm, read_disks(gateways, vm), object_id=object_id)


def judge(stage: Stage) -> tuple[list[str], list[str]]:
    """Say what is missing for certain, and what is not known."""
    gateways = stage.azure.gateways()
    vm = gateways.compute.get_vm(VM)
    uses = list_key_uses(vm, read_disks(gateways, vm).values)
    facts = read_keys_of(stage)
    missing = [each.describe() for each in find_missing(uses, facts)]
    return missing, [gap.why for gap in find_unknown(uses, facts)]


def asked(stage: Stage, part: str) -> int:
    """Count the requests whose URL holds a text."""
    return sum(part in each["url"] for each in stage.requests())


def test_disk_is_read_with_its_encryption(tmp_path: Path) -> None:
    """Size, SKU and key vaults come from the disk's document, with the answer's request id."""
    keys = [{"diskEncryptionKey": BEK, "keyEncryptionKey": KEK}]
    stage = open_stage(tmp_path, with_settings(closed(), disk=keys))

    found = read_disks_of(stage)

    vault_id = ResourceId.parse(VAULT)
    use = KeyUse(vault_id=vault_id, secrets=True, keys=True)
    disk = Disk(id=ResourceId.parse(DISK), size_gib=30, sku="Premium_LRS", key_uses=(use,))
    assert (disk,) == found.values
    assert [DISK] == [receipt.source for receipt in found.receipts]
    assert found.receipts[0].request_id is not None


def test_shared_disk_says_how_many_share_it(tmp_path: Path) -> None:
    """``maxShares`` is read."""
    stage = open_stage(tmp_path, with_resources(closed(), disk_document(maxShares=3)))

    assert [3] == [disk.max_shares for disk in read_disks_of(stage).values]


def test_encryption_that_is_off_names_no_vault(tmp_path: Path) -> None:
    """Settings that are left over from an encryption that was switched off need no key."""
    left = {"enabled": False, "encryptionSettings": [{"diskEncryptionKey": BEK}]}
    stage = open_stage(
        tmp_path, with_resources(closed(), disk_document(encryptionSettingsCollection=left))
    )

    assert [()] == [disk.key_uses for disk in read_disks_of(stage).values]


def test_disk_that_may_not_be_read_is_a_gap(tmp_path: Path) -> None:
    """A missing permission is named, and no disk is said to be unencrypted."""
    stage = open_stage(tmp_path, forbidding(closed(), DISK_READ))

    found = read_disks_of(stage)

    assert ((), [DISK_READ]) == (found.values, [gap.action for gap in found.gaps])


@pytest.mark.parametrize(
    ("documents", "forbidden", "expected"),
    [
        ((encryption_set(sourceVault={"id": VAULT}),), (), True),
        ((encryption_set(sourceVault={"id": f"{VAULT}-2"}),), (), False),
        ((encryption_set(sourceVault={"id": VAULT}),), (VAULT_READ,), None),
        ((encryption_set(),), (), None),
    ],
    ids=["there", "gone", "unreadable", "not named"],
)
def test_key_vault_of_an_encryption_set(
    tmp_path: Path, documents: tuple[Any, ...], forbidden: tuple[str, ...], expected: object
) -> None:
    """Whether the key vault exists is told only where Azure answered that."""
    stage = open_stage(tmp_path, forbidding(with_set(*documents), *forbidden))

    found = read_sets_of(stage)

    assert [expected] == [each.key_vault_there for each in found.values]
    assert () == found.gaps


def test_encryption_set_that_may_not_be_read_is_a_gap(tmp_path: Path) -> None:
    """A missing permission is named."""
    stage = open_stage(tmp_path, forbidding(with_set(encryption_set()), SET_READ))

    found = read_sets_of(stage)

    assert ((), [SET_READ]) == (found.values, [gap.action for gap in found.gaps])


def test_encryption_set_that_is_gone_is_left_out(tmp_path: Path) -> None:
    """Azure answered that there is none, with the time and request id of that answer."""
    stage = open_stage(tmp_path, with_set())

    found = read_sets_of(stage)

    assert ((), ()) == (found.values, found.gaps)
    assert [SET] == [receipt.source for receipt in found.receipts]


def test_unread_disk_may_name_another_set(tmp_path: Path) -> None:
    """A disk's gap is the encryption sets' gap as well."""
    stage = open_stage(tmp_path, forbidding(closed(), DISK_READ))

    assert [DISK_READ] == [gap.action for gap in read_sets_of(stage).gaps]


def test_nothing_is_asked_of_a_vm_that_is_not_encrypted(tmp_path: Path) -> None:
    """Without Azure Disk Encryption neither vaults nor roles nor the directory are read."""
    stage = open_stage(tmp_path, with_settings(by_roles()))

    facts = read_keys_of(stage)

    assert isinstance(facts.principal, Unreadable)
    assert (0, 0) == (asked(stage, "Microsoft.KeyVault"), asked(stage, "roleAssignments"))


def test_given_object_id_spares_the_directory(tmp_path: Path) -> None:
    """Who gives the object id needs no right to read the directory."""
    denied = answered(DIRECTORY, 403, code="Authorization_RequestDenied")
    stage = open_stage(tmp_path, with_faults(closed(), denied))

    facts = read_keys_of(stage, SERVICE)

    assert Observed(value=SERVICE, source="--object-id") == facts.principal


@pytest.mark.parametrize(
    "trouble",
    [
        answered(DIRECTORY, 403, code="Authorization_RequestDenied"),
        answered(DIRECTORY, 401, times=99, code="InvalidAuthenticationToken"),
        Fault(match=DIRECTORY, lose="request", times=99),
    ],
    ids=["denied", "not signed in", "no answer"],
)
def test_directory_that_does_not_answer_is_a_gap(tmp_path: Path, trouble: Fault) -> None:
    """Without the directory nothing is said to be missing, and the advice names the way out."""
    stage = open_stage(tmp_path, with_faults(closed(), trouble))

    facts = read_keys_of(stage)

    assert isinstance(facts.principal, Unreadable)
    assert "az ad sp show --id" in facts.principal.why
    assert ([], []) == judge(open_stage(tmp_path, with_faults(closed(), trouble)))


def test_vault_that_may_not_be_read_is_a_gap(tmp_path: Path) -> None:
    """No right is said to be missing in a key vault that was not read."""
    stage = open_stage(tmp_path, forbidding(closed(), VAULT_READ))

    assert ([], [f"missing permission {VAULT_READ}"]) == judge(stage)


def test_vault_that_is_gone_is_told(tmp_path: Path) -> None:
    """Azure knows no such key vault, which is something else than not being able to read it."""
    stage = open_stage(tmp_path, without_resources(closed(), "vaults/kv-shop"))

    assert (["key vault kv-shop does not exist"], []) == judge(stage)


def test_roles_that_may_not_be_listed_are_a_gap(tmp_path: Path) -> None:
    """No data action is said to be missing while the roles are not known."""
    stage = open_stage(tmp_path, forbidding(by_roles(), ROLES_READ))

    assert ([], [f"missing permission {ROLES_READ}"]) == judge(stage)


def test_roles_are_not_listed_for_nobody(tmp_path: Path) -> None:
    """Without the service's account there is nobody whose roles could be asked for."""
    denied = answered(DIRECTORY, 403, code="Authorization_RequestDenied")
    stage = open_stage(tmp_path, with_faults(by_roles(), denied))

    read_keys_of(stage)

    assert 0 == asked(stage, "roleAssignments")


def test_custom_role_is_read(tmp_path: Path) -> None:
    """A custom role at the group gives what its data actions say."""
    role = custom_role("Microsoft.KeyVault/vaults/secrets/*")
    world = with_resources(by_roles(), role, assigned(GROUP, roleDefinitionId=ROLE))
    stage = open_stage(tmp_path, world)

    missing = "missing in key vault kv-shop: data actions keys/read, keys/backup/action"
    assert ([missing], []) == judge(stage)


def test_role_of_a_group_counts(tmp_path: Path) -> None:
    """What Azure lists as assigned through a group is the service's too."""
    group = assigned(principalId="88888888-8888-8888-8888-888888888888", principalType="Group")
    stage = open_stage(tmp_path, with_resources(by_roles(), group))

    assert ([], []) == judge(stage)


def test_role_of_somebody_else_does_not_count(tmp_path: Path) -> None:
    """Another principal's role at the vault does not let the service in."""
    user = assigned(principalId="88888888-8888-8888-8888-888888888888", principalType="User")
    stage = open_stage(tmp_path, with_resources(by_roles(), user))

    assert 1 == len(judge(stage)[0])


@pytest.mark.parametrize(
    ("documents", "forbidden", "expected"),
    [
        (
            (assigned(condition="1 == 1", conditionVersion="2.0"),),
            (),
            "the role has a condition, which azremedy does not evaluate",
        ),
        ((assigned(roleDefinitionId=ROLE),), (), "Azure does not show this role"),
        (
            (assigned(roleDefinitionId=ROLE), custom_role("*")),
            (ROLE_READ,),
            f"missing permission {ROLE_READ}",
        ),
    ],
    ids=["condition", "not shown", "not allowed"],
)
def test_role_that_cannot_be_judged_is_a_gap(
    tmp_path: Path, documents: tuple[Any, ...], forbidden: tuple[str, ...], expected: str
) -> None:
    """What a role gives is not guessed."""
    stage = open_stage(tmp_path, forbidding(with_resources(by_roles(), *documents), *forbidden))

    assert ([], [expected]) == judge(stage)
