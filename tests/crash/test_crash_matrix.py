"""Wherever a process dies, taking its run up ends as if it had lived; nothing is done twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from azremedy import api
from azremedy.api.agent import plan_agents
from azremedy.api.keys import plan_grant_keyvault
from azremedy.api.network import plan_allow_storage
from azremedy.domain.planner.agent import AgentBy, AgentOptions
from tests.support.crashes import Life, count_twice, look, run_until, take_up
from tests.support.stages import ROOT, built_in, lock, names, open_stage, with_resources

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from azremedy.domain.plan import Plan
    from azremedy.sandbox.scenario import Scenario
    from tests.support.stages import Stage

WEB = names("web-1")
LEASED = api.CleanOptions(unlock=True, include_inherited=True)


def limit() -> Scenario:
    """Give a world at the limit, with a lock on the group and one on the subscription."""
    return with_resources(built_in("restore-point-limit"), lock(ROOT, "corporate"))


def stuck() -> Scenario:
    """Give a world with a stuck extension behind a lock on the VM's group."""
    base = built_in("stuck-extension")
    machine = next(each["id"] for each in base.resources if each["id"].endswith("/app-1"))
    return with_resources(base, lock(machine.partition("/providers/")[0], "careful"))


def mend_extension(stage: Stage) -> Plan:
    """Plan what `fix` does about the extension."""
    return api.plan_fix(stage.azure, names("app-1"), api.FixOptions(unlock=True))


WORLDS: dict[str, tuple[Callable[[], Scenario], Callable[[Stage], Plan]]] = {
    "clean": (limit, lambda stage: api.plan_clean(stage.azure, WEB, LEASED)),
    "fix": (
        lambda: built_in("restore-point-limit"),
        lambda stage: api.plan_fix(stage.azure, WEB, api.FixOptions(unlock=True)),
    ),
    "extension": (stuck, mend_extension),
    "unlock": (
        lambda: built_in("restore-point-limit"),
        lambda stage: api.plan_unlock(stage.azure, api.GroupNames(vms=WEB)),
    ),
    "keys": (
        lambda: built_in("user-error-keyvault-permissions-not-configured"),
        lambda stage: plan_grant_keyvault(stage.azure, WEB),
    ),
    "storage": (
        lambda: built_in("storage-blocked"),
        lambda stage: plan_allow_storage(stage.azure, WEB),
    ),
    "agent": (
        lambda: built_in("user-error-guest-agent-status-unavailable"),
        lambda stage: plan_agents(stage.azure, WEB, AgentOptions(by=AgentBy.RESTART)),
    ),
}


@pytest.mark.parametrize("name", WORLDS)
def test_run_that_is_cut_off_anywhere_ends_as_if_it_had_lived(tmp_path: Path, name: str) -> None:
    """At every journal write and every request, before and after the server has done its work."""
    world, make = WORLDS[name]
    whole = open_stage(tmp_path / "whole", world()) if _make(tmp_path / "whole") else None
    assert whole is not None
    life = Life()
    lived = run_until(whole, make(whole), life)
    assert lived is not None
    assert 0 == lived.exit_code
    expected = look(whole)

    wrong = []
    for point in range(1, life.passed + 1):
        folder = tmp_path / str(point)
        _make(folder)
        stage = open_stage(folder, world())
        if (fault := _try(stage, make(stage), point, expected)) is not None:
            wrong.append(fault)

    assert [] == wrong, f"{len(wrong)} of {life.passed} points"
    print(f"{name}: {life.passed} points")  # noqa: T201 - shown with -s, and after a failure


def _try(stage: Stage, plan: Plan, point: int, expected: object) -> str | None:
    """Let the process die at a point; say what is wrong after the run was taken up."""
    if run_until(stage, plan, Life(until=point)) is not None:
        return f"point {point}: it lived"
    if not _began(stage):
        return None if [] == stage.writes() else f"point {point}: it wrote without a journal"
    run = take_up(stage)
    if run.exit_code != 0:
        errors = [result.error.message for result in run.steps if result.error]
        return f"point {point}: exit {run.exit_code}: {errors}"
    if twice := count_twice(stage):
        return f"point {point}: twice: {twice}"
    return None if expected == look(stage) else f"point {point}: the world differs: {look(stage)}"


def _began(stage: Stage) -> bool:
    """Say whether the plan is in the journal: otherwise there is no run to take up."""
    (journal,) = (stage.state / "runs").glob("*/journal.jsonl")
    return b"\n" in journal.read_bytes()


def _make(folder: Path) -> bool:
    folder.mkdir(parents=True)
    return True
