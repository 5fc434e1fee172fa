"""Rights in key vaults are taken back exactly, and no change counts before it is seen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from azremedy.sandbox.scenario import Fault, Match
from tests.support.key_worlds import (
    ASSIGNMENT_TYPE,
    GET_VAULT,
    GROUP,
    LIST_ROLES,
    VAULT,
    assigned,
    by_roles,
    closed,
    give_and_take,
    grant,
)
from tests.support.stages import (
    LOCK_TYPE,
    answered,
    guards_of,
    lock,
    open_stage,
    states,
    with_faults,
    with_resources,
)

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.sandbox.scenario import Scenario


@pytest.mark.parametrize("base", [closed(), by_roles()], ids=["access policy", "role"])
def test_nothing_is_taken_back_from_a_vault_that_is_gone(tmp_path: Path, base: Scenario) -> None:
    """With the vault the rights are gone."""
    stage = open_stage(tmp_path, base)
    back = give_and_take(stage)
    stage.world.documents.remove(VAULT)
    for assignment in stage.documents(ASSIGNMENT_TYPE):
        stage.world.documents.remove(assignment["id"])

    run = stage.apply(back)

    assert ("already",) == states(run)


def test_another_assignment_of_that_name_stays(tmp_path: Path) -> None:
    """An assignment that gives something else by now is not the one that was made."""
    stage = open_stage(tmp_path, by_roles())
    back = give_and_take(stage)
    (assignment,) = stage.documents(ASSIGNMENT_TYPE)
    assignment["properties"]["principalId"] = "88888888-8888-8888-8888-888888888888"
    stage.world.documents.put(assignment)

    run = stage.apply(back)

    assert (7, 1) == (run.exit_code, len(stage.documents(ASSIGNMENT_TYPE)))


@pytest.mark.parametrize(
    ("base", "match"),
    [
        (closed(), Match(method="PUT", path="*/accessPolicies/remove")),
        (by_roles(), Match(method="DELETE", path="*/roleAssignments/*")),
    ],
    ids=["access policy", "role"],
)
@pytest.mark.parametrize(("lost", "expected"), [("response", "done"), ("request", "unknown")])
def test_lost_removal_is_looked_up(
    tmp_path: Path, base: Scenario, match: Match, lost: Any, expected: str
) -> None:
    """Of a removal without an answer the vault tells whether it was carried out."""
    stage = open_stage(tmp_path, with_faults(base, Fault(match=match, lose=lost, times=99)))

    run = stage.apply(give_and_take(stage))

    assert (expected,) == states(run)


def test_access_policy_that_never_shows_is_a_failure(tmp_path: Path) -> None:
    """A change that Azure took and never shows is no success."""
    stale = next(each for each in closed().resources if each["id"] == VAULT)
    unmoved = replace(answered(GET_VAULT, 200, times=999, body=stale), after=2)
    stage = open_stage(tmp_path, with_faults(closed(), unmoved))

    run = stage.apply(grant(stage))

    assert (("failed",), 3) == (states(run), run.exit_code)


def test_role_that_never_shows_is_a_failure(tmp_path: Path) -> None:
    """An assignment that Azure took and never lists is no success."""
    unseen = answered(LIST_ROLES, 200, times=999, body={"value": []})
    stage = open_stage(tmp_path, with_faults(by_roles(), unseen))

    run = stage.apply(grant(stage))

    assert (("failed",), 3) == (states(run), run.exit_code)


def test_role_that_never_goes_is_a_failure(tmp_path: Path) -> None:
    """A removal that Azure took and that never shows is no success."""
    one = Match(method="GET", path="*/roleAssignments/*")
    body = assigned()
    stage = open_stage(tmp_path, with_faults(by_roles(), answered(one, 200, times=999, body=body)))

    run = stage.apply(give_and_take(stage))

    assert (("failed",), 3) == (states(run), run.exit_code)


@pytest.mark.parametrize("base", [closed(), by_roles()], ids=["access policy", "role"])
def test_read_only_locks_are_leased(tmp_path: Path, base: Scenario) -> None:
    """A ReadOnly lock refuses the plan; with its flag it is off for the change and back after."""
    locked = with_resources(base, lock(VAULT, "frozen", level="ReadOnly"))
    stage = open_stage(tmp_path, locked)

    refused = grant(stage)
    run = stage.apply(grant(stage, unlock=True))

    assert ("lock-in-the-way",) == guards_of(refused)
    assert ("done", "done", "done") == states(run)
    assert ["frozen"] == [each["name"] for each in stage.documents(LOCK_TYPE)]


def test_lock_against_deletion_does_not_stop_the_grant(tmp_path: Path) -> None:
    """A CanNotDelete lock lets rights be given and taken back in an access policy."""
    stage = open_stage(tmp_path, with_resources(closed(), lock(GROUP, "kept")))

    run = stage.apply(give_and_take(stage))

    assert ("done",) == states(run)
