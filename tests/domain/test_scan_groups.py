"""Scanned VMs by cause, with the command that treats each group."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from azremedy.domain.catalog import Catalog
from azremedy.domain.estate import GroupOfCause, Risk, ScannedVm
from azremedy.domain.evidence import Unreadable
from azremedy.domain.remedies import Remedy
from azremedy.domain.resources import (
    LockLevel,
    ManagementLock,
)
from azremedy.domain.scan_groups import group_by_cause
from azremedy.ids import ResourceId
from azremedy.playbooks import load_shipped

SUB = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"
ROOT = f"/subscriptions/{SUB}"
VAULT = f"{ROOT}/resourceGroups/rg/providers/Microsoft.RecoveryServices/vaults/vault-1"
POINTS = f"{ROOT}/resourceGroups/AzureBackupRG_westeurope_1"
NIGHT = datetime(2026, 11, 19, 22, 0, tzinfo=UTC)
LIMIT = "UserErrorRpCollectionLimitReached"
AGENT = "UserErrorGuestAgentStatusUnavailable"
CATALOG = Catalog(load_shipped().playbooks)
DENIED = Unreadable(source="locks", why="missing permission Microsoft.Authorization/locks/read")


def id_of(text: str) -> ResourceId:
    """Read an id."""
    return ResourceId.parse(text)


def vm_id(name: str) -> ResourceId:
    """Name a VM."""
    return id_of(f"{ROOT}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/{name}")


def lock(scope: str = POINTS, name: str = "keep") -> ManagementLock:
    """Lock something."""
    return ManagementLock(
        id=id_of(f"{scope}/providers/Microsoft.Authorization/locks/{name}"),
        level=LockLevel.CAN_NOT_DELETE,
    )


def scanned(name: str, cause: str, *, failing: bool = True, **fields: Any) -> ScannedVm:
    """Make a scanned VM."""
    found = (Risk.FAILING,) if failing else (Risk.LOCKED,)
    return ScannedVm(id=vm_id(name), cause=cause, risks=found, **fields)


def group(*vms: ScannedVm) -> dict[str, GroupOfCause]:
    """Group VMs."""
    groups, _ = group_by_cause(vms, CATALOG, max_targets=2)
    return {each.cause: each for each in groups}


def test_groups_that_fail_come_first_then_the_largest() -> None:
    """VMs stand in the order of their groups, by id in each."""
    vms = (
        scanned("d", "point-group-locked", failing=False),
        scanned("e", "point-group-locked", failing=False),
        scanned("c", AGENT),
        scanned("b", LIMIT),
        scanned("a", LIMIT),
    )

    groups, ordered = group_by_cause(vms, CATALOG, max_targets=2)

    assert [LIMIT, AGENT, "point-group-locked"] == [each.cause for each in groups]
    assert [2, 1, 2] == [each.count for each in groups]
    assert ["a", "b", "c", "d", "e"] == [each.id.name for each in ordered]
    assert [True, True, False] == [each.failing for each in groups]


def test_a_code_brings_its_candidates_remedies_and_flags() -> None:
    """As its playbook says; what unlocks is in the command only where there are locks."""
    free, held = (group(scanned("a", LIMIT, locks=locks))[LIMIT] for locks in ((), (lock(),)))

    assert ("point-group-locked", "point-limit") == free.candidates[:2]
    assert Remedy.CLEAN_POINTS in free.remedies
    assert f"azremedy fix --from-scan FILE --cause {LIMIT}" == free.command
    assert f"azremedy fix --from-scan FILE --cause {LIMIT} --unlock" == held.command
    assert (0, 1) == (free.locked, held.locked)


def test_a_lock_on_the_subscription_asks_for_its_own_flag() -> None:
    """What is inherited is never taken off by the way."""
    above = lock(ROOT)
    code = group(scanned("a", LIMIT, locks=(above,)))[LIMIT]
    risk = group(scanned("a", "point-group-locked", failing=False, locks=(above,)))

    assert code.command.endswith("--unlock --include-inherited")
    told = "azremedy unlock-rg --from-scan FILE --cause point-group-locked --include-inherited"
    assert told == risk["point-group-locked"].command


@pytest.mark.parametrize(
    ("cause", "command"),
    [
        ("ExtensionFailedVssWriterInBadState", "explain ExtensionFailedVssWriterInBadState"),
        ("point-limit", "clean-rpc --from-scan FILE --cause point-limit"),
        ("fails-often", "diagnose --from-scan FILE --cause fails-often"),
        ("ended-with-warnings", "diagnose --from-scan FILE --cause ended-with-warnings"),
        ("NewCode", "fix --from-scan FILE --cause NewCode"),
        ("(no code)", "fix --from-scan FILE --cause '(no code)'"),
    ],
)
def test_every_cause_has_a_command(cause: str, command: str) -> None:
    """Where only a person can help it is the one that says how."""
    found = group(scanned("a", cause))[cause]

    assert f"azremedy {command}" == found.command
    assert found.title


def test_more_vms_than_a_command_takes_by_itself_are_announced() -> None:
    """The number stands in the command, so that it is meant."""
    found = group(*(scanned(name, AGENT) for name in "abc"))[AGENT]

    assert found.command.endswith("--max-targets 3")
