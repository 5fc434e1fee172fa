"""What a run did is taken back exactly, as far as Azure allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from azremedy import api
from azremedy.api.keys import plan_grant_keyvault
from azremedy.api.network import plan_allow_storage
from azremedy.api.runs import list_runs, plan_undo
from azremedy.domain.steps import AddSecurityRule, AddVaultAccess
from azremedy.domain.steps.inverse import invert
from azremedy.errors import RefusedError, TargetNotFoundError
from tests.support.crashes import RUN, Life, look, run_until
from tests.support.stages import LOCK_TYPE, kinds, names, open_stage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from azremedy.domain.plan import Plan
    from azremedy.domain.run import Run
    from tests.support.stages import Stage

WEB = names("web-1")


def unlock(stage: Stage) -> Plan:
    """Plan to take the group's lock off."""
    return api.plan_unlock(stage.azure, api.GroupNames(vms=WEB))


def grant(stage: Stage) -> Plan:
    """Plan to let the backup service into the key vault."""
    return plan_grant_keyvault(stage.azure, WEB)


def allow(stage: Stage) -> Plan:
    """Plan to open the way to storage."""
    return plan_allow_storage(stage.azure, WEB)


def undo(stage: Stage, run: Run) -> Run:
    """Take a run back."""
    plan = plan_undo(stage.azure, str(run.run_id), state_folder=stage.state)
    return stage.apply(plan)


@pytest.mark.parametrize(
    ("world", "make"),
    [
        ("restore-point-limit", unlock),
        ("user-error-keyvault-permissions-not-configured", grant),
        ("key-vault-closed-by-roles", grant),
        ("storage-blocked", allow),
        ("storage-blocked-by-route", allow),
    ],
)
def test_undoing_restores_what_was_there(
    tmp_path: Path, world: str, make: Callable[[Stage], Plan]
) -> None:
    """Afterwards the same thing would be planned again, and the run is known as undone."""
    stage = open_stage(tmp_path, world)
    before, plan = look(stage), make(stage)

    run = stage.apply(plan)
    undone = undo(stage, run)

    assert (0, 0) == (run.exit_code, undone.exit_code)
    assert before == look(stage)
    assert () == api.find_moved(plan, make(stage))
    assert {run.run_id: undone.run_id, undone.run_id: None} == {
        each.past.run_id: each.undone_by for each in list_runs(stage.state)
    }
    with pytest.raises(RefusedError, match="undone already"):
        undo(stage, run)


def test_what_was_lent_and_given_back_is_left_alone(tmp_path: Path) -> None:
    """Of a clean-up nothing can be taken back but a lock that was removed for good."""
    stage = open_stage(tmp_path, "restore-point-limit")
    options = api.CleanOptions(unlock=True, relock=True)
    run = stage.apply(api.plan_clean(stage.azure, WEB, options))

    plan = plan_undo(stage.azure, str(run.run_id), state_folder=stage.state)

    assert () == kinds(plan)
    assert ["step 2 "] == [note[:7] for target in plan.targets for note in target.notes]
    assert 1 == len(stage.documents(LOCK_TYPE))


def test_run_that_was_cut_off_is_taken_up_first(tmp_path: Path) -> None:
    """What nobody saw the end of cannot be taken back yet."""
    stage = open_stage(tmp_path, "restore-point-limit")
    run_until(
        stage, api.plan_clean(stage.azure, WEB, api.CleanOptions(unlock=True)), Life(until=16)
    )

    with pytest.raises(RefusedError, match="not known to the end"):
        plan_undo(stage.azure, RUN, state_folder=stage.state)

    assert ["cut off"] == [each.state for each in list_runs(stage.state)]


def test_unknown_run_is_told(tmp_path: Path) -> None:
    """Exit code 6."""
    stage = open_stage(tmp_path, "healthy")

    with pytest.raises(TargetNotFoundError):
        plan_undo(stage.azure, "20200101T000000Z-0", state_folder=stage.state)


@pytest.mark.parametrize(
    ("world", "make"), [("storage-blocked", allow), ("restore-point-limit", unlock)]
)
def test_inverse_of_the_inverse_is_the_step(
    tmp_path: Path, world: str, make: Callable[[Stage], Plan]
) -> None:
    """Nothing of a step is lost on the way there and back."""
    stage = open_stage(tmp_path, world)

    for planned in make(stage).steps:
        inverse = invert(planned.step)
        assert inverse is not None
        back = invert(inverse)
        assert back is not None
        assert (type(planned.step), planned.step.target) == (type(back), back.target)
        if isinstance(planned.step, AddSecurityRule | AddVaultAccess):
            assert planned.step == back
