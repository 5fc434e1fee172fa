"""The backup service gets just the rights that it lacks, and undoing takes just these back."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from azremedy.domain.keys import KEY_VAULT_ADMINISTRATOR
from azremedy.sandbox.scenario import Fault
from tests.support.key_worlds import (
    ASSIGNMENT_TYPE,
    BEK,
    KEK,
    LIST_ROLES,
    OWN,
    PUT_POLICY,
    PUT_ROLE,
    SERVICE,
    VAULT,
    assigned,
    back_up,
    by_roles,
    change_vault,
    closed,
    grant,
    inverse_of,
    properties_of,
    rights_of,
    with_settings,
)
from tests.support.stages import (
    Stage,
    answered,
    changed,
    open_stage,
    states,
    with_faults,
    with_resources,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from azremedy.sandbox.scenario import Match, Scenario


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (
            {"view": [{"diskEncryptionKey": BEK, "keyEncryptionKey": KEK, "enabled": True}]},
            {"keys": ["backup", "get", "list"], "secrets": ["backup", "get", "list"]},
        ),
        (
            {"model": {"diskEncryptionKey": BEK, "enabled": True}},
            {"secrets": ["backup", "get", "list"]},
        ),
        ({"disk": [{"diskEncryptionKey": BEK}]}, {"secrets": ["backup", "get", "list"]}),
        (
            {"disk": [{"diskEncryptionKey": BEK, "keyEncryptionKey": KEK}]},
            {"keys": ["backup", "get", "list"], "secrets": ["backup", "get", "list"]},
        ),
    ],
    ids=["single pass", "dual pass", "single pass in the disk", "KEK in the disk"],
)
def test_backup_succeeds_after_the_grant(
    tmp_path: Path, settings: dict[str, Any], expected: dict[str, list[str]]
) -> None:
    """Wherever the encryption is written, the missing rights are given and the backup succeeds."""
    stage = open_stage(tmp_path, with_settings(closed(), **settings))
    before = back_up(stage)

    run = stage.apply(grant(stage))
    after = back_up(stage)

    assert (11, 0, 0) == (before.exit_code, run.exit_code, after.exit_code)
    assert expected == rights_of(stage)[SERVICE]


def test_grant_sends_one_change(tmp_path: Path) -> None:
    """The only write is the addition to the access policy."""
    stage = open_stage(tmp_path, closed())

    run = stage.apply(grant(stage))

    assert ("done",) == states(run)
    assert [f"put {VAULT}/accessPolicies/add".lower()] == stage.writes()


def test_inverse_restores_the_vault_exactly(tmp_path: Path) -> None:
    """Taking the grant back leaves the key vault's properties as they were."""
    stage = open_stage(tmp_path, closed())
    before = copy.deepcopy(properties_of(stage))
    plan = grant(stage)

    stage.apply(plan)
    undone = stage.apply(inverse_of(plan))

    assert ("done",) == states(undone)
    assert before == properties_of(stage)


def test_inverse_leaves_earlier_rights(tmp_path: Path) -> None:
    """Rights that the service had before stay when the grant is taken back."""
    own = {**OWN, "permissions": {"keys": ["Get", "WrapKey"], "certificates": ["get"]}}
    stage = open_stage(tmp_path, changed(closed(), "/vaults/kv-shop", {"accessPolicies": [own]}))
    plan = grant(stage)

    stage.apply(plan)
    given = rights_of(stage)
    stage.apply(inverse_of(plan))

    assert {
        "keys": ["backup", "get", "list", "wrapkey"],
        "secrets": ["backup", "get", "list"],
        "certificates": ["get"],
    } == given[SERVICE]
    assert {SERVICE: {"keys": ["get", "wrapkey"], "certificates": ["get"]}} == rights_of(stage)


def test_second_grant_has_nothing_to_do(tmp_path: Path) -> None:
    """Once every right is there, the advice is to wait and retry."""
    stage = open_stage(tmp_path, closed())
    stage.apply(grant(stage))

    plan = grant(stage)

    assert () == plan.steps
    assert "wait some minutes" in plan.targets[0].notes[0]


def test_role_is_assigned_where_roles_decide(tmp_path: Path) -> None:
    """In a vault that works by roles the backup succeeds after the role was assigned."""
    stage = open_stage(tmp_path, by_roles())
    before = back_up(stage)

    run = stage.apply(grant(stage))
    after = back_up(stage)

    (assignment,) = stage.documents(ASSIGNMENT_TYPE)
    assert (11, 0, 0) == (before.exit_code, run.exit_code, after.exit_code)
    assert SERVICE == assignment["properties"]["principalId"]
    assert assignment["properties"]["roleDefinitionId"].endswith(KEY_VAULT_ADMINISTRATOR)
    assert [] == list(rights_of(stage).get(SERVICE, ()))


def test_role_is_taken_back(tmp_path: Path) -> None:
    """The inverse removes the assignment, and a second time finds nothing to do."""
    stage = open_stage(tmp_path, by_roles())
    plan = grant(stage)
    stage.apply(plan)

    first = stage.apply(inverse_of(plan))
    second = stage.apply(inverse_of(plan))

    assert (("done",), ("already",)) == (states(first), states(second))
    assert [] == stage.documents(ASSIGNMENT_TYPE)


@pytest.mark.parametrize(
    ("base", "match"),
    [(closed(), PUT_POLICY), (by_roles(), PUT_ROLE)],
    ids=["access policy", "role"],
)
def test_lost_answer_is_looked_up(tmp_path: Path, base: Scenario, match: Match) -> None:
    """When the answer is lost, the vault itself tells that the change was made."""
    stage = open_stage(tmp_path, with_faults(base, Fault(match=match, lose="response", times=9)))

    run = stage.apply(grant(stage))

    assert ("done",) == states(run)


@pytest.mark.parametrize(
    ("base", "match"),
    [(closed(), PUT_POLICY), (by_roles(), PUT_ROLE)],
    ids=["access policy", "role"],
)
def test_lost_request_is_unknown(tmp_path: Path, base: Scenario, match: Match) -> None:
    """When the request never got out and nothing changed, the outcome is not called a success."""
    stage = open_stage(tmp_path, with_faults(base, Fault(match=match, lose="request", times=99)))

    run = stage.apply(grant(stage))

    assert ("unknown",) == states(run)
    assert 3 == run.exit_code


def give_all(stage: Stage) -> None:
    """Let somebody else give every right."""
    own = {**OWN, "permissions": {"keys": ["all"], "secrets": ["all"]}}
    change_vault(stage, accessPolicies=[*properties_of(stage)["accessPolicies"], own])


def give_some(stage: Stage) -> None:
    """Let somebody else give one of the rights."""
    own = {**OWN, "permissions": {"secrets": ["Get"]}}
    change_vault(stage, accessPolicies=[*properties_of(stage)["accessPolicies"], own])


def switch_to_roles(stage: Stage) -> None:
    """Let roles decide from now on."""
    change_vault(stage, enableRbacAuthorization=True)


def switch_to_policies(stage: Stage) -> None:
    """Let access policies decide from now on."""
    change_vault(stage, enableRbacAuthorization=False)


def delete_vault(stage: Stage) -> None:
    """Delete the key vault."""
    stage.world.documents.remove(VAULT)


@pytest.mark.parametrize(
    ("base", "meanwhile", "expected"),
    [
        (closed(), give_all, "already"),
        (closed(), give_some, "failed"),
        (closed(), switch_to_roles, "failed"),
        (closed(), delete_vault, "failed"),
        (by_roles(), switch_to_policies, "failed"),
        (by_roles(), delete_vault, "failed"),
    ],
)
def test_world_moved_between_plan_and_run(
    tmp_path: Path, base: Scenario, meanwhile: Callable[[Stage], None], expected: str
) -> None:
    """Nothing is written when the key vault is not as it was planned on."""
    stage = open_stage(tmp_path, base)
    plan = grant(stage)
    meanwhile(stage)

    run = stage.apply(plan)

    assert (expected,) == states(run)
    assert [] == stage.writes()
    assert (0 if expected == "already" else 7) == run.exit_code


def test_role_that_somebody_assigned_meanwhile_is_there_already(tmp_path: Path) -> None:
    """Two runs of one plan assign the role once."""
    stage = open_stage(tmp_path, by_roles())
    plan = grant(stage)
    stage.apply(plan)

    again = stage.apply(plan)

    assert ("already",) == states(again)
    assert 1 == len(stage.documents(ASSIGNMENT_TYPE))


def test_role_that_exists_at_the_last_moment_is_no_failure(tmp_path: Path) -> None:
    """RoleAssignmentExists means that somebody was faster: the role is there all the same."""
    unseen = answered(LIST_ROLES, 200, times=2, body={"value": []})
    stage = open_stage(tmp_path, with_faults(with_resources(by_roles(), assigned()), unseen))

    run = stage.apply(grant(stage))

    assert ("done",) == states(run)
    assert 1 == len(stage.documents(ASSIGNMENT_TYPE))


def test_other_conflict_is_a_failure(tmp_path: Path) -> None:
    """Any other conflict is not taken for success."""
    stage = open_stage(tmp_path, with_faults(by_roles(), answered(PUT_ROLE, 409, code="Conflict")))

    run = stage.apply(grant(stage))

    assert ("failed",) == states(run)
