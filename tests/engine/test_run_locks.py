"""Two runs never work on one target, and a holder that is gone holds nothing."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from azremedy import api
from azremedy.domain.events import StepProgressed, StepStarted
from azremedy.engine.run_lock import DEAD_AFTER, hold, is_held
from azremedy.errors import HeldError, RefusedError
from azremedy.ids import ResourceId
from azremedy.sandbox.scenario import Timing
from tests.support.stages import (
    COLLECTION_TYPE,
    LOCK_TYPE,
    ROOT,
    built_in,
    names,
    open_stage,
    states,
)

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.domain.events import Event

VM = ResourceId.parse(f"{ROOT}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/web-1")
OTHER = ResourceId.parse(f"{VM}0")


def leave(root: Path, **changes: Any) -> Path:
    """Leave the file of a holder behind, with some of its facts changed."""
    with hold([VM], root=root, run_id="earlier"):
        (path,) = (root / "locks").glob("*.json")
        holder = json.loads(path.read_text())
    path.write_text(json.dumps({**holder, **changes}))
    return path


def age(path: Path, by: timedelta) -> None:
    """Make a file look older."""
    told = path.stat().st_mtime - by.total_seconds()
    os.utime(path, (told, told))


def test_second_run_is_refused_and_told_by_whom(tmp_path: Path) -> None:
    """Exit code 8, whatever the spelling of the target; another target is free."""
    loud = ResourceId.parse(str(VM).upper().replace("/SUBSCRIPTIONS", "/subscriptions"))
    with hold([VM], root=tmp_path, run_id="first"):
        with (
            pytest.raises(HeldError, match="Run first") as held,
            hold([loud], root=tmp_path, run_id="second"),
        ):
            pytest.fail("two runs hold one target")
        with hold([OTHER], root=tmp_path, run_id="third"):
            assert is_held(tmp_path, "third")

    assert 8 == held.value.exit_code


def test_nothing_is_held_when_one_target_is_not_free(tmp_path: Path) -> None:
    """What was taken on the way is given back."""
    with hold([VM], root=tmp_path, run_id="first"):
        with pytest.raises(HeldError), hold([VM, OTHER], root=tmp_path, run_id="second"):
            pytest.fail("held")
        with hold([OTHER], root=tmp_path, run_id="third"):
            pass


def test_end_frees_the_target(tmp_path: Path) -> None:
    """A run that is over, in whatever way, holds nothing."""
    with pytest.raises(ZeroDivisionError), hold([VM], root=tmp_path, run_id="first"):
        raise ZeroDivisionError

    assert [] == list((tmp_path / "locks").iterdir())
    assert not is_held(tmp_path, "first")


@pytest.mark.parametrize(
    "gone",
    [{"pid": 2**22 + 1}, {"started": "1"}, {"run_id": "x", "pid": 2**22 + 1}],
    ids=["no such process", "number used again", "another run"],
)
def test_holder_that_is_gone_holds_nothing(tmp_path: Path, gone: dict[str, Any]) -> None:
    """On this machine the process tells, at once."""
    leave(tmp_path, **gone)

    with hold([VM], root=tmp_path, run_id="second"):
        assert is_held(tmp_path, "second")


@pytest.mark.parametrize(("old", "free"), [(timedelta(), False), (DEAD_AFTER, True)])
@pytest.mark.parametrize(
    "elsewhere",
    [
        {"host": f"not-{socket.gethostname()}"},
        {"space": "another boot 4026531836", "pid": 1},
        {"space": "", "pid": 2**22 + 1},
    ],
    ids=["another machine", "container of the same host name", "not told"],
)
def test_holder_elsewhere_is_judged_by_its_files_age(
    tmp_path: Path, *, elsewhere: dict[str, Any], old: timedelta, free: bool
) -> None:
    """A living holder renews its file; one that has not for minutes is gone.

    Its process number means another process here, or none.
    """
    path = leave(tmp_path, **elsewhere)
    age(path, old)

    try:
        with hold([VM], root=tmp_path, run_id="second"):
            taken = True
    except HeldError:
        taken = False

    assert free == taken


def test_holder_that_lost_its_file_learns_it(tmp_path: Path) -> None:
    """It does not make the other one's file young, and says so from then on."""
    with hold([VM], root=tmp_path, run_id="first") as held:
        held.check()
        (path,) = held.files
        mine = path.read_text()
        path.write_text(mine.replace("first", "other"))
        age(path, timedelta(minutes=1))
        before = path.stat().st_mtime

        held.renew()
        after = path.stat().st_mtime
        path.write_text(mine)

        with pytest.raises(HeldError, match="paused"):
            held.check()
    assert before == after


def test_run_that_lost_its_targets_only_gives_locks_back(tmp_path: Path) -> None:
    """Another run took them over while it was paused: it is refused the next change."""
    stage = open_stage(tmp_path, "restore-point-limit")
    options = api.CleanOptions(unlock=True, relock=True)

    def lose(event: Event) -> None:
        if isinstance(event, StepStarted) and event.planned.number == 2:
            for path in list((stage.state / "locks").glob("*.json")):
                made = path.with_suffix(".made")
                made.write_text(json.dumps({**json.loads(path.read_text()), "run_id": "other"}))
                made.replace(path)

    run = stage.apply(api.plan_clean(stage.azure, names("web-1"), options), lose)

    assert ("done", "failed", "done") == states(run)
    assert 3 == run.exit_code
    assert run.steps[1].error is not None
    assert "held" == run.steps[1].error.msgid
    assert 1 == len(stage.documents(LOCK_TYPE))
    assert not any("restorepointcollections" in each for each in stage.writes())


def test_run_that_lost_its_targets_repeats_no_refused_deletion(tmp_path: Path) -> None:
    """Taken over while the removed lock still refuses: the deletion is not sent again."""
    base = built_in("restore-point-limit")
    slow = {**base.operations, "lockRelease": Timing(seconds=120)}
    stage = open_stage(tmp_path, replace(base, operations=slow))
    plan = api.plan_clean(stage.azure, names("web-1"), api.CleanOptions(unlock=True))

    def lose(event: Event) -> None:
        if isinstance(event, StepProgressed) and event.planned.number == 2:
            for path in list((stage.state / "locks").glob("*.json")):
                made = path.with_suffix(".made")
                made.write_text(json.dumps({**json.loads(path.read_text()), "run_id": "other"}))
                made.replace(path)

    run = stage.apply(plan, lose)

    assert ("done", "failed") == states(run)
    assert run.steps[1].error is not None
    assert "held" == run.steps[1].error.msgid
    assert 1 == len(stage.documents(COLLECTION_TYPE))


def test_unreadable_file_is_no_holder(tmp_path: Path) -> None:
    """Half a file is nobody's: a holder makes it whole or not at all."""
    path = leave(tmp_path)
    path.write_text("{")

    with hold([VM], root=tmp_path, run_id="second"):
        assert is_held(tmp_path, "second")


def test_without_a_folder_nothing_is_changed(tmp_path: Path) -> None:
    """Exit code 4 before the first write."""
    stage = open_stage(tmp_path, "restore-point-limit")
    stage.state.write_text("a file stands where the folder would be")

    with pytest.raises(RefusedError, match="Run locks"):
        stage.apply(api.plan_clean(stage.azure, names("web-1"), api.CleanOptions(unlock=True)))

    assert [] == stage.writes()


def test_run_holds_its_vm_and_what_its_locks_are_on(tmp_path: Path) -> None:
    """A second run that needs the same lock off is refused before it writes."""
    stage = open_stage(tmp_path, "restore-point-limit")
    plan = api.plan_clean(stage.azure, names("web-1"), api.CleanOptions(unlock=True))
    group = ResourceId.parse(stage.documents(LOCK_TYPE)[0]["id"]).scope
    refused = []

    for target in (plan.targets[0].target, group):
        with hold([target], root=stage.state, run_id="other"):
            try:
                stage.apply(plan)
            except HeldError as error:
                refused.append(error.exit_code)

    assert [8, 8] == refused
    assert [] == stage.writes()
    assert 0 == stage.apply(plan).exit_code
