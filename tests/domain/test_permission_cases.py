"""May the caller do it? Each file in tests/cases/permissions is one answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from azremedy.domain import guards, steps
from azremedy.domain.builtin_roles import find_role
from azremedy.domain.evidence import Absent, Observation, Observed, Unreadable
from azremedy.domain.needs import LOCK_DELETE, LOCK_WRITE, USES, Need, Weight, list_needs
from azremedy.domain.permissions import Access, Denial, Grant, Holding, Judgement, judge
from azremedy.domain.resources import LockLevel, ManagementLock
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from tests.domain.conftest import ReadCase

FILES = sorted((Path(__file__).resolve().parents[1] / "cases" / "permissions").glob("*.yaml"))
GROUP = ResourceId.parse("/subscriptions/5f0c2a6e-8d41-4b7a-9c35-2e1d7a90b8f4/resourceGroups/rg")
LOCK = ManagementLock(
    id=ResourceId.parse(f"{GROUP}/providers/Microsoft.Authorization/locks/keep"),
    level=LockLevel.CAN_NOT_DELETE,
    notes=None,
    owners=(),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionCase:
    """What was read about the caller, and what follows."""

    about: str
    """What the case shows."""
    need: Need
    """What is needed."""
    me: str = "me"
    """The caller's object id."""
    grants: dict[ResourceId, tuple[Grant, ...] | Literal["absent", "unreadable"]]
    """By place."""
    denials: tuple[Denial, ...] | Literal["unreadable"] = ()
    """The subscription's."""
    holding: Holding
    """The answer."""
    verdicts: tuple[str, ...] = ()
    """What the guard says to it."""


def _observe(value: object) -> Observation[object]:
    if value == "absent":
        return Absent(source="there")
    if value == "unreadable":
        return Unreadable(source="there", why="not today")
    return Observed(value=value, source="there")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_permission_case(path: Path, read_case: ReadCase) -> None:
    """Roles give, deny assignments take away, and what was not read is not guessed."""
    case = read_case(path, PermissionCase)
    access = Access(
        object_id=case.me,
        grants={place: _observe(each) for place, each in case.grants.items()},  # type: ignore[misc]  # one observer for both kinds
        denials={case.need.scope.subscription: _observe(case.denials)},  # type: ignore[dict-item]  # as above
    )

    answer = judge(replace(case.need, step="RestartVm"), access)
    told = guards.check_access([answer])

    assert case.holding == answer.holding
    assert case.verdicts == tuple(
        f"{each.decision.value} {each.guard}: {each.message}" for each in told
    )
    assert {None} == {each.override for each in told} | {None}


@pytest.mark.parametrize("kind", [kind for kind in USES if USES[kind]])
def test_every_step_needs_the_permission_that_it_names(kind: str) -> None:
    """What a step says of itself is among what is asked for, and must be there."""
    step = getattr(steps, kind)

    needed = {use.action for use in USES[kind] if use.weight is Weight.MUST}

    assert step.permission in needed


def test_every_kind_of_step_has_its_needs() -> None:
    """No step goes without a preflight."""
    named = {name for name in steps.__all__ if hasattr(getattr(steps, name), "permission")}

    assert named == USES.keys()


@pytest.mark.parametrize(
    ("leased", "weight"), [(True, Weight.MUST), (False, Weight.SHOULD)], ids=["lent", "for good"]
)
def test_a_lock_that_goes_back_needs_the_way_back(*, leased: bool, weight: Weight) -> None:
    """Whoever takes a lock off for a while must be able to put it back."""
    needs = list_needs(steps.DeleteLock(lock=LOCK, leased=leased))

    assert [weight] == [need.weight for need in needs if need.action == LOCK_WRITE]


@pytest.mark.parametrize(
    ("weight", "decision", "then"),
    [
        (Weight.MUST, "refuse", "it would stay off"),
        (Weight.SHOULD, "warn", "'azremedy undo' could not put it back"),
    ],
)
def test_delete_without_create_is_told_in_its_own_words(
    weight: Weight, decision: str, then: str
) -> None:
    """Who may delete a lock but not create it again is told just that."""
    answers = [
        Judgement(need=Need(action=LOCK_DELETE, scope=GROUP), holding=Holding.HAVE),
        Judgement(
            need=Need(action=LOCK_WRITE, scope=GROUP, weight=weight), holding=Holding.MISSING
        ),
    ]

    (verdict,) = guards.check_access(answers)

    assert decision == verdict.decision.value
    assert (
        f"you may delete the lock at {GROUP} but not create it again, so {then}: that needs "
        f"{LOCK_WRITE}; a role that has it: User Access Administrator"
    ) == verdict.message


@pytest.mark.parametrize(
    ("action", "role"),
    [
        ("Microsoft.RecoveryServices/Vaults/backupJobs/read", "Backup Reader"),
        ("Microsoft.Compute/virtualMachines/read", "Reader"),
        ("Microsoft.RecoveryServices/Vaults/backupJobs/cancel/action", "Backup Operator"),
        ("Microsoft.Compute/virtualMachines/extensions/delete", "Virtual Machine Contributor"),
        ("Microsoft.Network/virtualNetworks/subnets/write", "Network Contributor"),
        ("Microsoft.KeyVault/vaults/accessPolicies/write", "Key Vault Contributor"),
        (LOCK_WRITE, "User Access Administrator"),
        ("Microsoft.Compute/restorePointCollections/delete", "Contributor"),
    ],
)
def test_the_narrowest_known_role_is_named(action: str, role: str) -> None:
    """Nobody is told to ask for Owner where less is enough."""
    assert role == find_role(action)
