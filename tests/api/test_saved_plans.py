"""A kept plan is carried out exactly as it was shown, or not at all."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from azremedy import api
from azremedy.api.agent import plan_agents, plan_script
from azremedy.api.guest import plan_look_inside
from azremedy.api.keys import plan_grant_keyvault
from azremedy.api.network import plan_allow_storage
from azremedy.api.replanning import check_origin
from azremedy.domain.plan import Plan
from azremedy.domain.planner.agent import AgentBy, AgentOptions
from azremedy.domain.remedies import Remedy
from azremedy.errors import RefusedError, StalePlanError, UsageError
from azremedy.wire import from_json, to_json
from tests.support.stages import (
    JOB_TYPE,
    LOCK_TYPE,
    POINT_TYPE,
    VM_TYPE,
    built_in,
    lock,
    names,
    open_stage,
    with_resources,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.stages import Stage

LIMIT = "restore-point-limit"
UNLOCK = api.CleanOptions(unlock=True)
WEB = names("web-1")
KEYS = "user-error-keyvault-permissions-not-configured"
AGENT = "user-error-guest-agent-status-unavailable"
RESTART = AgentOptions(by=AgentBy.RESTART)
FIX = api.FixOptions(unlock=True, allowed=frozenset({Remedy.RESTART_VM}))

PLANS: dict[str, tuple[str, Callable[[api.Azure], Plan]]] = {
    "unlock-rg": (LIMIT, lambda azure: api.plan_unlock(azure, api.GroupNames(vms=WEB))),
    "clean-rpc": (LIMIT, lambda azure: api.plan_clean(azure, WEB, UNLOCK)),
    "orphaned": (LIMIT, api.plan_orphans),
    "fix": (LIMIT, lambda azure: api.plan_fix(azure, WEB, FIX)),
    "reset-extension": (LIMIT, lambda azure: api.plan_reset(azure, WEB)),
    "backup-now": (LIMIT, lambda azure: api.plan_backup(azure, WEB)),
    "restart-agent": (AGENT, lambda azure: plan_agents(azure, WEB, RESTART)),
    "guest": (LIMIT, lambda azure: plan_script(azure, WEB, "deep-clean")),
    "look-inside": (LIMIT, lambda azure: plan_look_inside(azure, WEB)),
    "grant-keyvault": (KEYS, lambda azure: plan_grant_keyvault(azure, WEB)),
    "allow-storage": ("storage-blocked", lambda azure: plan_allow_storage(azure, WEB)),
}


def keep(stage: Stage, folder: Path, plan: Plan | None = None) -> Path:
    """Keep a plan in a file."""
    path = folder / "plan.json"
    api.save_plan(plan or api.plan_clean(stage.azure, WEB, UNLOCK), path)
    return path


@pytest.mark.parametrize("name", PLANS)
def test_every_commands_plan_is_read_back_and_made_again(tmp_path: Path, name: str) -> None:
    """What was written is read back whole, and the same plan made now has the same steps."""
    world, make = PLANS[name]
    stage = open_stage(tmp_path, world)
    plan = make(stage.azure)

    loaded = api.load_plan(keep(stage, tmp_path, plan))

    assert plan == loaded
    assert plan == from_json(Plan, to_json(plan))
    assert () == api.find_moved(loaded, api.plan_again(stage.azure, loaded))
    assert loaded == api.check_still_holds(stage.azure, loaded)


def test_kept_plan_does_what_the_command_would_have_done(tmp_path: Path) -> None:
    """The same writes in the same order, and the same world afterwards."""
    stages = [open_stage(tmp_path / name, LIMIT) for name in ("kept", "direct")]
    for stage in stages:
        stage.state.mkdir(parents=True)
    kept, direct = stages
    loaded = api.load_plan(keep(kept, tmp_path))

    kept.apply(api.check_still_holds(kept.azure, loaded))
    direct.apply(api.plan_clean(direct.azure, WEB, UNLOCK))

    assert direct.writes() == kept.writes()


def add_point(stage: Stage) -> None:
    """Let a restore point be taken."""
    point = stage.documents(POINT_TYPE)[0]
    point["id"] = point["id"].rpartition("/")[0] + "/AzureBackup_20261120_075900"
    stage.world.documents.put({**point, "name": "AzureBackup_20261120_075900"})


def change_lock(stage: Stage) -> None:
    """Give the lock other notes."""
    found = stage.documents(LOCK_TYPE)[0]
    found["properties"]["notes"] = "another reason"
    stage.world.documents.put(found)


def remove_lock(stage: Stage) -> None:
    """Take the lock off."""
    stage.world.documents.remove(stage.documents(LOCK_TYPE)[0]["id"])


def add_lock(stage: Stage) -> None:
    """Put a second lock on the group."""
    scope = stage.documents(LOCK_TYPE)[0]["id"].partition("/providers/")[0]
    stage.world.documents.put({**lock(scope, "second"), "name": "second", "type": LOCK_TYPE})


@pytest.mark.parametrize(
    ("move", "told"),
    [
        (add_point, "changed: DeleteRestorePointCollection"),
        (change_lock, "changed: DeleteLock"),
        (remove_lock, "not needed now: DeleteLock"),
        (add_lock, "new: DeleteLock"),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_world_that_moved_makes_the_plan_stale(
    tmp_path: Path, move: Callable[[Stage], None], told: str
) -> None:
    """Exit code 7, each difference named, and nothing written."""
    stage = open_stage(tmp_path, LIMIT)
    loaded = api.load_plan(keep(stage, tmp_path))
    move(stage)

    with pytest.raises(StalePlanError, match=told) as stale:
        api.check_still_holds(stage.azure, loaded)

    assert 7 == stale.value.exit_code
    assert [] == stage.writes()


def test_new_refusals_are_those_of_now(tmp_path: Path) -> None:
    """A job that has started since refuses the plan, with its own verdict."""
    stage = open_stage(tmp_path, LIMIT)
    loaded = api.load_plan(keep(stage, tmp_path))
    job = stage.documents(JOB_TYPE)[0]
    job["id"] = job["id"].rpartition("/")[0] + "/11111111-2222-3333-4444-555555555555"
    job["name"] = "11111111-2222-3333-4444-555555555555"
    job["properties"] |= {"status": "InProgress", "startTime": stage.world.clock.text()}
    del job["properties"]["endTime"]
    stage.world.documents.put(job)

    now = api.check_still_holds(stage.azure, loaded)

    assert ["backup-running"] == [verdict.guard for verdict in now.refusals]
    assert 4 == stage.apply(now).exit_code


def test_vm_that_was_made_again_is_another(tmp_path: Path) -> None:
    """The extension of a new VM of that name is not the one that was shown."""
    stage = open_stage(tmp_path, "stuck-extension")
    loaded = api.load_plan(keep(stage, tmp_path, api.plan_reset(stage.azure, names("app-1"))))
    machine = stage.documents(VM_TYPE)[0]
    machine["properties"]["vmId"] = "99999999-4905-42ee-a7dd-8b63afec6ba7"
    stage.world.documents.put(machine)

    with pytest.raises(StalePlanError, match="vm_unique_id"):
        api.check_still_holds(stage.azure, loaded)


@pytest.mark.parametrize("field", ["cloud", "tenant_id", "sandbox"])
def test_plan_from_elsewhere_is_refused(tmp_path: Path, field: str) -> None:
    """A plan for another cloud, tenant or sandbox is not for here."""
    stage = open_stage(tmp_path, LIMIT)
    plan = api.plan_clean(stage.azure, WEB, UNLOCK)
    assert plan.origin is not None
    changes: dict[str, Any] = {field: "elsewhere"}

    with pytest.raises(RefusedError, match="another"):
        check_origin(stage.azure, replace(plan, origin=replace(plan.origin, **changes)))


def test_plan_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    """An older program cannot know what a newer one meant."""
    stage = open_stage(tmp_path, LIMIT)
    plan = replace(api.plan_clean(stage.azure, WEB, UNLOCK), tool_version="999.0.0")

    with pytest.raises(RefusedError, match=r"999\.0\.0"):
        check_origin(stage.azure, plan)


def test_plan_without_an_origin_or_a_request_is_refused(tmp_path: Path) -> None:
    """Nobody can tell where it is from, or whether it still holds."""
    stage = open_stage(tmp_path, LIMIT)
    plan = api.plan_clean(stage.azure, WEB, UNLOCK)

    with pytest.raises(RefusedError, match="where it was made"):
        check_origin(stage.azure, replace(plan, origin=None))
    with pytest.raises(UsageError, match="made anew"):
        api.plan_again(stage.azure, replace(plan, request=None))


def test_plan_of_an_unknown_command_is_refused(tmp_path: Path) -> None:
    """A command that this version does not have makes no plan."""
    stage = open_stage(tmp_path, LIMIT)
    plan = api.plan_clean(stage.azure, WEB, UNLOCK)
    assert plan.request is not None

    with pytest.raises(UsageError, match="polish"):
        api.plan_again(stage.azure, replace(plan, request=replace(plan.request, command="polish")))


def test_file_is_the_owners_alone_and_never_replaced(tmp_path: Path) -> None:
    """A plan names resources: nobody else reads it, and no other file is lost to it."""
    stage = open_stage(tmp_path, LIMIT)
    path = keep(stage, tmp_path)

    assert 0o600 == path.stat().st_mode & 0o777
    with pytest.raises(UsageError, match="exists"):
        keep(stage, tmp_path)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"plan": {}, "fingerprint": ""}', "\x00"])
def test_file_that_is_no_plan_is_refused(tmp_path: Path, text: str) -> None:
    """One message, exit code 2."""
    path = tmp_path / "plan.json"
    path.write_text(text)

    with pytest.raises(UsageError, match="is not a plan"):
        api.load_plan(path)


def test_approval_is_for_one_plan_only(tmp_path: Path) -> None:
    """Its own fingerprint approves a plan, in any case; another's does not."""
    stage = open_stage(tmp_path, LIMIT)
    plan = api.plan_clean(stage.azure, WEB, UNLOCK)
    other = replace(plan, tool_version="0.0.1")

    api.check_approval(plan, f" {api.find_fingerprint(plan).upper()} ")
    with pytest.raises(RefusedError, match="another plan"):
        api.check_approval(plan, api.find_fingerprint(other))


def _list_leaves(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(node, dict):
        return [leaf for key, value in node.items() for leaf in _list_leaves(value, (*path, key))]
    if isinstance(node, list):
        return [
            leaf for key, value in enumerate(node) for leaf in _list_leaves(value, (*path, key))
        ]
    return [path]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Give a kept plan with a leased lock, as its file holds it."""
    folder = tmp_path_factory.mktemp("written")
    base = with_resources(
        built_in(LIMIT), lock("/subscriptions/5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001", "all")
    )
    stage = open_stage(folder, base)
    options = api.CleanOptions(unlock=True, include_inherited=True)
    path = keep(stage, folder, api.plan_clean(stage.azure, WEB, options))
    document: dict[str, Any] = json.loads(path.read_text())
    return document


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
@given(data=st.data())
def test_edited_file_is_refused(
    written: dict[str, Any], tmp_path: Path, data: st.DataObject
) -> None:
    """Whatever word of the plan is changed, the file is not carried out."""
    leaves = _list_leaves(written["plan"], ("plan",))
    place = data.draw(st.sampled_from(leaves))
    document = json.loads(json.dumps(written))
    node = document
    for key in place[:-1]:
        node = node[key]
    node[place[-1]] = data.draw(st.sampled_from(["x", 7, None, True, "2026-01-01T00:00:00Z"]))
    path = tmp_path / "edited.json"
    path.write_text(json.dumps(document))

    if document == written:
        assert written["fingerprint"] == api.find_fingerprint(api.load_plan(path))
        return
    with pytest.raises((UsageError, RefusedError)):
        api.load_plan(path)
