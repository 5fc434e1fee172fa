"""Which group the service makes for a VM's points, as far as anybody can know."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from azremedy.domain.case import Case
from azremedy.domain.evidence import Absent, Observation, Observed, Unreadable
from azremedy.domain.network import SecurityGroup, make_storage_rule
from azremedy.domain.points import name_home_group
from azremedy.domain.reach import is_needed
from azremedy.domain.resources import BackupPolicy, VirtualMachine
from azremedy.ids import ResourceId

SUB = ResourceId.parse("/subscriptions/5f0c2a6e-8d41-4b7a-9c35-2e1d7a90b8f4")
VM = SUB.child("resourceGroups", "rg", "providers", "Microsoft.Compute", "virtualMachines", "web-1")
POLICY = SUB.child("resourceGroups", "rg", "providers", "M.R", "vaults", "v", "p", "daily")
AT = datetime(2026, 11, 20, tzinfo=UTC)


def policy(prefix: str | None = None, suffix: str | None = None) -> Observed[BackupPolicy]:
    """Give a policy that was read."""
    read = BackupPolicy(id=POLICY, group_prefix=prefix, group_suffix=suffix)
    return Observed(value=read, source=str(POLICY), at=AT)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (policy(), "AzureBackupRG_westeurope_1"),
        (policy("points-", "-rg"), "points-1-rg"),
        (policy("points"), "points1"),
        (Absent(source=str(POLICY)), "AzureBackupRG_westeurope_1"),
        (Unreadable(source=str(POLICY), why="missing permission"), None),
    ],
)
def test_group_is_named_as_the_policy_says(
    seen: Observation[BackupPolicy], expected: str | None
) -> None:
    """The default name, or the policy's own; a policy that was not read may have either."""
    vm = VirtualMachine(id=VM, vm_id="v", location="West Europe")

    found = name_home_group(vm, Case(vm_id=VM, read_at=AT, policy=seen))

    assert expected == (found.name if found else None)


def test_group_without_any_rule_denies_nothing() -> None:
    """Azure's own rules, which allow the way out, were not even shown."""
    group = SecurityGroup(id=SUB.child("resourceGroups", "rg"), rules=())
    rule = make_storage_rule("a", 100, destination="Storage.westeurope", ports=("443",))

    assert not is_needed(group, rule)
