"""A kept plan is made again, and carried out exactly as the command would have."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from azremedy import api
from azremedy.api.agent import plan_agents, plan_script
from azremedy.api.connect import connect_app
from azremedy.api.guest import plan_look_inside
from azremedy.api.keys import plan_grant_keyvault
from azremedy.api.network import plan_allow_storage
from azremedy.api.origins import check_origin
from azremedy.domain.plan import Plan
from azremedy.domain.planner.agent import AgentBy, AgentOptions
from azremedy.domain.remedies import Remedy
from azremedy.errors import RefusedError, UsageError
from azremedy.ids import ResourceId
from azremedy.wire import from_json, to_json
from tests.support.stages import (
    OTHER_SUBSCRIPTION,
    SUBSCRIPTION,
    built_in,
    names,
    open_stage,
    path_of,
    without_resources,
    writes_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from azremedy.sandbox.scenario import Scenario
    from tests.support.stages import Stage

LIMIT = "restore-point-limit"
KEYS = "user-error-keyvault-permissions-not-configured"
AGENT = "user-error-guest-agent-status-unavailable"
ORPHANS = "orphans"
WEB = names("web-1")
UNLOCK = api.CleanOptions(unlock=True)
BY_BACKUP = api.CleanOptions(unlock=True, by=api.CleanBy.BACKUP)
RESTART = AgentOptions(by=AgentBy.RESTART)
HOW = api.DiagnoseOptions(code="UserErrorGuestAgentStatusUnavailable", everything=True)
FIX = api.FixOptions(unlock=True, allowed=frozenset({Remedy.RESTART_VM}))

PLANS: dict[str, tuple[str, Callable[[api.Azure], Plan]]] = {
    "unlock-rg": (LIMIT, lambda azure: api.plan_unlock(azure, api.GroupNames(vms=WEB))),
    "unlock-rg all": (LIMIT, lambda azure: api.plan_unlock(azure, api.GroupNames(all_groups=True))),
    "clean-rpc": (LIMIT, lambda azure: api.plan_clean(azure, WEB, UNLOCK)),
    "clean-rpc by backup": (LIMIT, lambda azure: api.plan_clean(azure, WEB, BY_BACKUP)),
    "orphaned": (ORPHANS, lambda azure: api.plan_orphans(azure, UNLOCK)),
    "fix": (LIMIT, lambda azure: api.plan_fix(azure, WEB, FIX)),
    "fix of an agent": (AGENT, lambda azure: api.plan_fix(azure, WEB, FIX, how=HOW)),
    "reset-extension": (LIMIT, lambda azure: api.plan_reset(azure, WEB)),
    "backup-now": (LIMIT, lambda azure: api.plan_backup(azure, WEB)),
    "restart-agent": (AGENT, lambda azure: plan_agents(azure, WEB, RESTART)),
    "guest": (LIMIT, lambda azure: plan_script(azure, WEB, "deep-clean")),
    "guest logs": (LIMIT, lambda azure: plan_script(azure, WEB, "collect-logs")),
    "look-inside": (LIMIT, lambda azure: plan_look_inside(azure, WEB)),
    "grant-keyvault": (KEYS, lambda azure: plan_grant_keyvault(azure, WEB)),
    "allow-storage": ("storage-blocked", lambda azure: plan_allow_storage(azure, WEB)),
}


def world_of(name: str) -> Scenario:
    """Give the world of a plan; that of orphans has lost its VM."""
    if name != ORPHANS:
        return built_in(name)
    return without_resources(built_in(LIMIT), "/Microsoft.Compute/virtualMachines/")


def keep(folder: Path, plan: Plan) -> Plan:
    """Keep a plan in a file and read it back."""
    api.save_plan(plan, folder / "plan.json")
    return api.load_plan(folder / "plan.json")


def clean(stage: Stage) -> Plan:
    """Plan to clean up web-1."""
    return api.plan_clean(stage.azure, WEB, UNLOCK)


@pytest.mark.parametrize("name", PLANS)
def test_every_commands_plan_is_read_back_and_made_again(tmp_path: Path, name: str) -> None:
    """What was written is read back whole, and the same plan made now has the same steps."""
    world, make = PLANS[name]
    stage = open_stage(tmp_path, world_of(world))
    plan = make(stage.azure)

    loaded = keep(tmp_path, plan)
    again = api.plan_again(stage.azure, loaded)

    assert plan == loaded
    assert plan == from_json(Plan, to_json(plan))
    assert () == api.find_moved(loaded, again)
    assert plan.request is not None
    assert again.request is not None
    assert plan.request.targets == again.request.targets
    assert loaded == api.check_still_holds(stage.azure, loaded)
    assert [] == stage.writes()


@pytest.mark.parametrize("name", PLANS)
def test_kept_plan_does_what_the_command_would_have_done(tmp_path: Path, name: str) -> None:
    """Over a second connection: the same writes in the same order, those that were shown."""
    world, make = PLANS[name]
    folders = [tmp_path / each for each in ("kept", "direct")]
    for folder in folders:
        folder.mkdir()
    kept, direct = (open_stage(folder, world_of(world)) for folder in folders)
    loaded = keep(tmp_path, make(kept.azure))
    later = connect_app(kept.app)

    carried = api.apply(later, api.check_still_holds(later, loaded), state_folder=kept.state)
    done = direct.apply(make(direct.azure))

    assert (done.state, done.exit_code) == (carried.state, carried.exit_code)
    assert direct.writes() == kept.writes()
    assert writes_of([planned.step for planned in loaded.steps]) == kept.writes()
    assert kept.writes()


@pytest.mark.parametrize("field", ["cloud", "tenant_id", "sandbox"])
def test_plan_from_elsewhere_is_refused(tmp_path: Path, field: str) -> None:
    """A plan for another cloud, tenant or sandbox is not for here."""
    stage = open_stage(tmp_path, LIMIT)
    plan = clean(stage)
    assert plan.origin is not None
    changes: dict[str, Any] = {field: "elsewhere"}

    with pytest.raises(RefusedError, match=r"another .*: elsewhere, and this is"):
        check_origin(stage.azure, replace(plan, origin=replace(plan.origin, **changes)))


def test_plan_of_one_sandbox_is_not_for_another(tmp_path: Path) -> None:
    """Both worlds have a VM of that name and id; that does not make them one."""
    plan = clean(open_stage(tmp_path, LIMIT))
    other = open_stage(tmp_path, "healthy")

    with pytest.raises(RefusedError, match=r"another sandbox: restore-point-limit.*is healthy"):
        api.check_still_holds(other.azure, plan)

    assert [] == other.requests()


def test_plan_for_a_subscription_that_cannot_be_seen_is_refused(tmp_path: Path) -> None:
    """The message names the subscription; nothing in it was asked for."""
    stage = open_stage(tmp_path, LIMIT)
    plan = clean(stage)
    elsewhere = ResourceId.parse(f"/subscriptions/{OTHER_SUBSCRIPTION}")
    foreign = replace(plan, targets=(replace(plan.targets[0], target=elsewhere),))
    before = len(stage.requests())

    with pytest.raises(RefusedError, match=OTHER_SUBSCRIPTION):
        api.check_still_holds(stage.azure, foreign)

    assert ["/subscriptions"] == [path_of(each) for each in stage.requests()[before:]]


def test_plan_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    """An older program cannot know what a newer one meant."""
    stage = open_stage(tmp_path, LIMIT)
    plan = replace(clean(stage), tool_version="999.0.0")

    with pytest.raises(RefusedError, match=r"999\.0\.0"):
        check_origin(stage.azure, plan)


def test_plan_without_an_origin_or_a_request_is_refused(tmp_path: Path) -> None:
    """Nobody can tell where it is from, or whether it still holds."""
    stage = open_stage(tmp_path, LIMIT)
    plan = clean(stage)

    with pytest.raises(RefusedError, match="where it was made"):
        check_origin(stage.azure, replace(plan, origin=None))
    with pytest.raises(UsageError, match="made anew"):
        api.plan_again(stage.azure, replace(plan, request=None))


def test_plan_of_an_unknown_command_is_refused(tmp_path: Path) -> None:
    """A command that this version does not have makes no plan."""
    stage = open_stage(tmp_path, LIMIT)
    plan = clean(stage)
    assert plan.request is not None

    with pytest.raises(UsageError, match="polish"):
        api.plan_again(stage.azure, replace(plan, request=replace(plan.request, command="polish")))


@pytest.mark.parametrize("options", ['{"unlock": "perhaps"}', "[]", "", "{"])
def test_plan_of_options_that_cannot_be_read_is_refused(tmp_path: Path, options: str) -> None:
    """What was allowed then must be known to make the plan anew."""
    stage = open_stage(tmp_path, LIMIT)
    plan = clean(stage)
    assert plan.request is not None

    with pytest.raises(UsageError, match="cannot be read"):
        api.plan_again(stage.azure, replace(plan, request=replace(plan.request, options=options)))


@pytest.mark.parametrize(("made_in", "given"), [("", LIMIT), (LIMIT, None)])
def test_rehearsals_and_azure_are_kept_apart(
    tmp_path: Path, made_in: str, given: str | None
) -> None:
    """It is refused before anybody signs in anywhere."""
    plan = clean(open_stage(tmp_path, LIMIT))
    assert plan.origin is not None
    made = replace(plan, origin=replace(plan.origin, sandbox=made_in))

    with pytest.raises(RefusedError, match="sandbox"):
        api.choose_connection(made, api.ConnectOptions(sandbox=given))


def test_plan_goes_to_its_own_subscription(tmp_path: Path) -> None:
    """Unless another is named, which is then judged."""
    plan = clean(open_stage(tmp_path, LIMIT))
    given = api.ConnectOptions(sandbox=LIMIT)
    named = replace(given, subscription=OTHER_SUBSCRIPTION)

    assert SUBSCRIPTION == api.choose_connection(plan, given).subscription
    assert named == api.choose_connection(plan, named)
    assert given == api.choose_connection(replace(plan, targets=()), given)


def test_plan_in_which_nothing_was_found_changes_nothing(tmp_path: Path) -> None:
    """There is nothing to look for again, and nothing to do."""
    without = without_resources(built_in("healthy"), "/restorePointCollections/", "AzureBackupRG")
    stage = open_stage(tmp_path, without)
    plan = keep(tmp_path, api.plan_unlock(stage.azure, api.GroupNames(all_groups=True)))

    run = stage.apply(api.check_still_holds(stage.azure, plan))

    assert plan.request is not None
    assert () == plan.request.targets
    assert ("nothing-to-do", 0) == (run.state.value, run.exit_code)
