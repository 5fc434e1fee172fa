"""A kept plan is carried out as it was made, by one person, and once: also when it was edited."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from azremedy import api
from azremedy.api.agent import plan_agents
from azremedy.api.connect import WorldClock
from azremedy.domain.planner.agent import AgentBy, AgentOptions
from azremedy.domain.shards import Shard, take_shard
from azremedy.domain.steps import DeleteLock
from azremedy.errors import EXIT_STALE, RefusedError, StalePlanError
from azremedy.gateways.session import Session
from azremedy.ids import ResourceId
from azremedy.sandbox import SandboxCredential, WorldTransport
from tests.support.fleets import multiply
from tests.support.stages import (
    OTHER_SUBSCRIPTION,
    ROOT,
    SUBSCRIPTION,
    built_in,
    lock,
    names,
    open_stage,
    with_resources,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from azremedy.domain.plan import Plan
    from tests.support.stages import Stage

LIMIT = "restore-point-limit"
AGENT = "user-error-guest-agent-status-unavailable"
WEB = names("web-1")
UNTIL_JOB = api.BackupOptions(until=api.WaitFor.JOB)
UNLOCK = api.CleanOptions(unlock=True, include_inherited=True, accept_loss=True)


def as_azure(stage: Stage) -> api.Azure:
    """Connect to the stage's world as if it were Azure: it is not made afresh each time."""
    transport, clock = WorldTransport(stage.app), WorldClock(stage.world)
    return api.Azure(
        lambda options: Session(
            SandboxCredential(), transport=transport, clock=clock, options=options
        ),
        lambda _: SUBSCRIPTION,
    )


def keep(folder: Path, plan: Plan) -> Plan:
    """Keep a plan in a file, signed anew, and read it back."""
    api.save_plan(plan, folder / "plan.json")
    return api.load_plan(folder / "plan.json")


def plan_locked(stage: Stage) -> Plan:
    """Plan for two VMs that share the subscription's lock."""
    return api.plan_clean(stage.azure, names("web-1", "web-2"), UNLOCK)


def two_locked(folder: Path) -> Stage:
    """Open a world of two VMs under a lock that both need off."""
    base = multiply(built_in(LIMIT), 2)
    return open_stage(folder, with_resources(base, lock(ROOT, "all")))


def ask_nothing(plan: Plan) -> Plan:
    """Name nothing that could be planned anew, and keep every lock off."""
    assert plan.request is not None
    return replace(drop_restores(plan), request=replace(plan.request, targets=()))


def drop_restores(plan: Plan) -> Plan:
    """Let locks stay off."""
    kept: Any = [
        replace(
            target,
            steps=tuple(
                replace(each, step=replace(each.step, leased=False))
                if isinstance(each.step, DeleteLock)
                else each
                for each in target.steps
            ),
        )
        for target in plan.targets
    ]
    return replace(plan, targets=tuple(kept), restores=())


def number_twice(plan: Plan) -> Plan:
    """Give what puts locks back the number of what is done first."""
    return replace(plan, restores=tuple(replace(each, number=1) for each in plan.restores))


def begin_at_zero(plan: Plan) -> Plan:
    """Number the steps from 0, which journals do not take for a number."""
    first = plan.targets[0]
    steps = (replace(first.steps[0], number=0), *first.steps[1:])
    return replace(plan, targets=(replace(first, steps=steps), *plan.targets[1:]))


def forget_needs(plan: Plan) -> Plan:
    """Let no target wait for a lock that another one takes off."""
    return replace(plan, targets=tuple(replace(each, needs=()) for each in plan.targets))


def rename_target(plan: Plan) -> Plan:
    """Say that the steps are for another VM: its run lock would be held, and not theirs."""
    first = plan.targets[0]
    other = ResourceId.parse(f"{first.target}9")
    return replace(plan, targets=(replace(first, target=other), *plan.targets[1:]))


def restore_early(plan: Plan) -> Plan:
    """Put the locks back as a part of the last target's work, and in no ending else."""
    last = plan.targets[-1]
    moved = replace(last, steps=(*last.steps, *plan.restores))
    return replace(plan, targets=(*plan.targets[:-1], moved), restores=())


@pytest.mark.parametrize(
    "forge",
    [ask_nothing, number_twice, begin_at_zero, forget_needs, rename_target, restore_early],
)
def test_plan_that_is_not_as_it_was_made_is_refused(
    tmp_path: Path, forge: Callable[[Plan], Plan]
) -> None:
    """Same steps are not enough: what holds them together decides whether locks come back."""
    stage = two_locked(tmp_path)
    forged = forge(plan_locked(stage))
    loaded = keep(tmp_path, forged)

    with pytest.raises(RefusedError, match="not as it was made"):
        api.check_still_holds(stage.azure, loaded)

    assert [] == stage.writes()


def test_numbers_that_do_not_begin_with_one_are_a_shards(tmp_path: Path) -> None:
    """A shard keeps the whole plan's numbers and holds all the same; so does the whole."""
    stage = two_locked(tmp_path)
    plan = plan_locked(stage)
    later: Any = [
        replace(each, number=each.number + 7) for each in (*plan.targets[0].steps, *plan.restores)
    ]
    alone = api.plan_clean(stage.azure, WEB, UNLOCK)
    assert len(later) == len(alone.steps)
    split = len(alone.targets[0].steps)
    shard = replace(
        alone,
        targets=(replace(alone.targets[0], steps=tuple(later[:split])),),
        restores=tuple(later[split:]),
    )

    assert plan == api.check_still_holds(stage.azure, plan)
    assert shard == api.check_still_holds(stage.azure, shard)


def plan_restart(azure: api.Azure) -> Plan:
    """Plan to restart web-1."""
    return plan_agents(azure, WEB, AgentOptions(by=AgentBy.RESTART))


@pytest.mark.parametrize(
    ("world", "make"),
    [(AGENT, plan_restart), ("healthy", lambda azure: api.plan_backup(azure, WEB, UNTIL_JOB))],
    ids=["restart", "backup"],
)
def test_two_people_at_the_prompt_carry_one_plan_out_once(
    tmp_path: Path, world: str, make: Callable[[api.Azure], Plan]
) -> None:
    """Both were told that it holds; whoever says yes later is told of the other's run."""
    stage = open_stage(tmp_path, world)
    azure = as_azure(stage)
    plan = keep(tmp_path, make(azure))
    first, second = (api.check_still_holds(azure, plan, state_folder=stage.state) for _ in range(2))
    run = api.apply(azure, first, state_folder=stage.state)
    before = stage.writes()

    with pytest.raises(RefusedError, match=f"{run.run_id} has carried this plan out already"):
        api.apply(azure, second, state_folder=stage.state)

    assert (0, before) == (run.exit_code, stage.writes())
    assert [run.run_id] == [each.name for each in (stage.state / "runs").iterdir()]


@pytest.mark.parametrize("connect", [as_azure, lambda stage: stage.azure], ids=["azure", "world"])
def test_plan_that_another_run_overtook_is_stale(
    tmp_path: Path, connect: Callable[[Stage], api.Azure]
) -> None:
    """Two plans of one command for one VM, made before either ran: the second is looked at anew."""
    stage = open_stage(tmp_path, AGENT)
    azure = connect(stage)
    first = plan_restart(azure)
    stage.world.clock.advance(1)
    second = plan_restart(azure)
    run = api.apply(azure, first, state_folder=stage.state)
    before = stage.writes()

    with pytest.raises(StalePlanError, match=f"{run.run_id} has worked on .*/web-1 since") as stale:
        api.apply(azure, second, state_folder=stage.state)

    assert (EXIT_STALE, before) == (stale.value.exit_code, stage.writes())


def test_plan_made_after_a_run_is_carried_out(tmp_path: Path) -> None:
    """The same backup once more, asked for anew: that one was seen, and approved."""
    stage = open_stage(tmp_path, "healthy")
    azure = as_azure(stage)
    codes = [
        api.apply(azure, api.plan_backup(azure, WEB, UNTIL_JOB), state_folder=stage.state).exit_code
        for _ in range(2)
    ]

    assert ([0, 0], 2) == (codes, stage.count_jobs())


def test_run_at_another_vm_overtakes_nothing(tmp_path: Path) -> None:
    """Plans for two VMs, made one after the other, are both carried out."""
    stage = open_stage(tmp_path, multiply(built_in("healthy"), 2))
    azure = as_azure(stage)
    plans = [api.plan_backup(azure, names(name), UNTIL_JOB) for name in ("web-1", "web-2")]

    runs = [api.apply(azure, plan, state_folder=stage.state) for plan in plans]

    assert [0, 0] == [run.exit_code for run in runs]


def elsewhere(resource: ResourceId) -> ResourceId:
    """Move an id to the other subscription."""
    return ResourceId.parse(str(resource).replace(SUBSCRIPTION, OTHER_SUBSCRIPTION))


def part_of(plan: Plan, index: int, count: int) -> Plan:
    """Take a shard."""
    return take_shard(plan, Shard(index=index, count=count))


def test_shard_that_ran_is_carried_out_in_no_other_part(tmp_path: Path) -> None:
    """Neither again, nor with the whole, nor as a shard of another count; the rest still is."""
    stage = open_stage(tmp_path, multiply(built_in("healthy"), 2))
    azure = as_azure(stage)
    plan = api.plan_backup(azure, names("web-1", "web-2"), UNTIL_JOB)
    here, there = plan.targets
    assert plan.request is not None
    asked = replace(plan.request, targets=(here.target, elsewhere(there.target)))
    there = replace(there, target=elsewhere(there.target))
    plan = replace(plan, targets=(here, there), request=asked)
    mine, other = sorted(
        (part_of(plan, index, 2) for index in (1, 2)), key=lambda part: part.targets != (here,)
    )
    run = api.apply(azure, mine, state_folder=stage.state)

    for again, told in ((mine, "this plan"), (plan, "part of this plan")):
        with pytest.raises(RefusedError, match=f"{run.run_id} has carried {told} out already"):
            api.apply(azure, again, state_folder=stage.state)
    assert ((here,), (there,)) == (mine.targets, other.targets)
    assert 0 == api.apply(azure, other, state_folder=stage.state).exit_code
