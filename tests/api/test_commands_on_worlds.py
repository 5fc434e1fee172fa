"""Every command on every built-in world: shown, rehearsed, carried out, and planned again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from azremedy import api
from azremedy.sandbox import scenario
from tests.support.stages import (
    OTHER_SUBSCRIPTION,
    SUBSCRIPTION,
    built_in,
    guards_of,
    kinds,
    names,
    open_stage,
    states,
    writes_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from azremedy.domain.plan import Plan

ALL_GROUPS = api.GroupNames(all_groups=True)
COMMANDS: dict[str, Callable[[api.Azure, str], Plan]] = {
    "unlock-rg": lambda azure, _: api.plan_unlock(azure, ALL_GROUPS),
    "clean-rpc": lambda azure, vm: api.plan_clean(
        azure, names(vm), api.CleanOptions(unlock=True, accept_loss=True)
    ),
    "clean-rpc by backup": lambda azure, vm: api.plan_clean(
        azure, names(vm), api.CleanOptions(unlock=True, by=api.CleanBy.BACKUP)
    ),
    "reset-extension": lambda azure, vm: api.plan_reset(azure, names(vm)),
    "backup-now": lambda azure, vm: api.plan_backup(
        azure, names(vm), api.BackupOptions(until=api.WaitFor.JOB)
    ),
}
LOCK, CLEAN, RESET = "DeleteLock", "DeleteRestorePointCollection", "DeleteExtension"
BACKUP = ("TriggerBackup", "WaitForJob")
BY_BACKUP = (LOCK, *BACKUP, "WaitForCleanup")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One VM of one world, and the steps that each command plans for it."""

    scenario: str
    vm: str
    unlock: tuple[str, ...] = ()
    clean: tuple[str, ...] = (CLEAN,)
    by_backup: tuple[str, ...] = ()
    backup_code: int = 0
    refused: tuple[str, ...] = ()
    subscription: str = SUBSCRIPTION

    def steps(self, command: str) -> tuple[str, ...]:
        """Give the steps of one command."""
        return {
            "unlock-rg": self.unlock,
            "clean-rpc": self.clean,
            "clean-rpc by backup": self.by_backup,
            "reset-extension": (RESET,),
            "backup-now": BACKUP,
        }[command]


def at_the_limit(scenario: str, vm: str) -> Case:
    """Make the case of a VM with 18 restore points behind a lock."""
    return Case(
        scenario=scenario,
        vm=vm,
        unlock=(LOCK,),
        clean=(LOCK, CLEAN),
        by_backup=BY_BACKUP,
        backup_code=11,
    )


CASES = (
    Case(scenario="healthy", vm="web-1"),
    at_the_limit("restore-point-limit", "web-1"),
    at_the_limit("custom-group-name", "ERP-DB1"),
    Case(scenario="stuck-extension", vm="app-1", backup_code=11),
    Case(scenario="two-vms-alike", vm="web-1"),
    Case(scenario="two-vms-alike", vm="web-10"),
    at_the_limit("fleet-small", "app-03"),
    Case(scenario="fleet-small", vm="app-04", unlock=(LOCK,), clean=(LOCK, CLEAN)),
    Case(scenario="fleet-small", vm="web-02", subscription=OTHER_SUBSCRIPTION, backup_code=11),
    Case(
        scenario="fleet-small",
        vm="web-05",
        subscription=OTHER_SUBSCRIPTION,
        backup_code=11,
        refused=("reset-extension",),
    ),
)
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.scenario}/{case.vm}")
each_command = pytest.mark.parametrize("command", COMMANDS)


# A VM that is gone cannot be named to commands that work on VMs; an estate has no web-1.
CODE_WORLDS = sorted(
    set(scenario.names()) - {case.scenario for case in CASES} - {"estate", "vm-gone"}
)


@pytest.mark.parametrize("name", CODE_WORLDS)
def test_planning_in_the_world_of_a_code_writes_nothing(tmp_path: Path, name: str) -> None:
    """Every other scenario has one VM that is named alike; planning only reads there too."""
    stage = open_stage(tmp_path, built_in(name))

    plans = [plan(stage.azure, "web-1") for plan in COMMANDS.values()]

    assert [next(iter(COMMANDS)), "backup-now"] == [plans[0].command, plans[-1].command]
    assert [] == stage.writes()
    assert stage.requests()


@each_command
@each_case
def test_a_dry_run_sends_no_write(case: Case, command: str, tmp_path: Path) -> None:
    """Planning and previewing only read, and the plan has the steps that the world calls for."""
    stage = open_stage(tmp_path, case.scenario, subscription=case.subscription)
    before = stage.world.export()["resources"]

    plan = COMMANDS[command](stage.azure, case.vm)
    run = api.preview(plan)

    assert stage.writes() == []
    assert before == stage.world.export()["resources"]
    assert case.steps(command) == kinds(plan)
    assert run.dry_run
    assert ("planned",) * len(plan.steps) == states(run)


@each_command
@each_case
def test_what_was_shown_is_what_is_done(case: Case, command: str, tmp_path: Path) -> None:
    """The writes of a run are those of its plan, in order, and none besides."""
    stage = open_stage(tmp_path, case.scenario, subscription=case.subscription)
    plan = COMMANDS[command](stage.azure, case.vm)

    run = stage.apply(plan)

    refused = command in case.refused
    steps = () if refused else [planned.step for planned in plan.steps]
    expected = case.backup_code if command == "backup-now" else 4 if refused else 0
    assert writes_of(steps) == stage.writes()
    assert expected == run.exit_code


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "backup-now"])
@each_case
def test_a_second_plan_is_empty(case: Case, command: str, tmp_path: Path) -> None:
    """What is done needs not be done again."""
    stage = open_stage(tmp_path, case.scenario, subscription=case.subscription)
    if stage.apply(COMMANDS[command](stage.azure, case.vm)).exit_code:
        assert command in case.refused
        return
    sent = stage.writes()

    again = stage.apply(COMMANDS[command](stage.azure, case.vm))

    assert (again.state.value, again.exit_code) == ("nothing-to-do", 0)
    assert sent == stage.writes()


def test_a_second_backup_is_refused_while_the_first_runs(tmp_path: Path) -> None:
    """After the snapshot the transfer still runs: Azure would refuse, so the plan does."""
    stage = open_stage(tmp_path, "healthy")
    first = stage.apply(api.plan_backup(stage.azure, names("web-1")))

    second = api.plan_backup(stage.azure, names("web-1"))

    assert first.exit_code == 0
    assert guards_of(second) == ("backup-running",)
    assert stage.apply(second).exit_code == 4
    assert stage.count_jobs() == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Healing:
    """The commands that heal one world."""

    scenario: str
    treatments: tuple[tuple[str, str], ...]
    subscription: str = SUBSCRIPTION


HEALINGS = (
    Healing(scenario="healthy", treatments=()),
    Healing(scenario="restore-point-limit", treatments=(("clean-rpc", "web-1"),)),
    Healing(scenario="restore-point-limit", treatments=(("clean-rpc by backup", "web-1"),)),
    Healing(scenario="custom-group-name", treatments=(("clean-rpc", "ERP-DB1"),)),
    Healing(scenario="custom-group-name", treatments=(("clean-rpc by backup", "ERP-DB1"),)),
    Healing(scenario="stuck-extension", treatments=(("reset-extension", "app-1"),)),
    Healing(scenario="two-vms-alike", treatments=(("clean-rpc", "web-1"),)),
    Healing(scenario="fleet-small", treatments=(("clean-rpc", "app-03"),)),
)


@pytest.mark.parametrize(
    "healing", HEALINGS, ids=lambda h: f"{h.scenario} {'+'.join(c for c, _ in h.treatments)}"
)
def test_treatment_ends_in_the_healed_world(healing: Healing, tmp_path: Path) -> None:
    """What the scenario wants gone is gone, what it wants kept is kept, and a backup succeeds."""
    stage = open_stage(tmp_path, healing.scenario, subscription=healing.subscription)
    expect = built_in(healing.scenario).expect
    codes = [
        stage.apply(COMMANDS[command](stage.azure, vm)).exit_code
        for command, vm in healing.treatments
    ]
    gone, kept = _still_there(stage.has, expect.gone), _still_there(stage.has, expect.kept)
    vm = healing.treatments[0][1] if healing.treatments else "web-1"

    backup = stage.apply(COMMANDS["backup-now"](stage.azure, vm))

    assert [0] * len(codes) == codes
    assert gone == []
    assert list(expect.kept) == kept
    assert backup.exit_code == 0
    assert backup.steps[-1].job is not None
    assert backup.steps[-1].job.status == "Completed"


def test_one_plan_heals_two_vms_of_a_fleet(tmp_path: Path) -> None:
    """Two VMs behind one lock: it is taken off once, and both collections go."""
    stage = open_stage(tmp_path, "fleet-small")
    plan = api.plan_clean(stage.azure, names("app-03", "app-04"), api.CleanOptions(unlock=True))

    run = stage.apply(plan)

    assert kinds(plan) == (LOCK, CLEAN, CLEAN)
    assert states(run) == ("done",) * 3
    assert writes_of([planned.step for planned in plan.steps]) == stage.writes()


def _still_there(has: Callable[[object], bool], ids: tuple[str, ...]) -> list[str]:
    return [each for each in ids if has(each)]
