"""A team's own playbook chooses among azremedy's remedies, and weakens no guard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from azremedy import api
from azremedy.api.diagnosing import DiagnoseOptions
from azremedy.domain.remedies import Remedy
from azremedy.domain.remedy_steps import KINDS, PROOF
from tests.support.stages import open_stage

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.domain.plan import Plan
    from tests.support.stages import Stage

AGENT = "user-error-guest-agent-status-unavailable"
LIMIT = "restore-point-limit"
WEB = api.VmNames(names=("web-1",))
LENDING = {"DeleteLock", "CreateLock"}
"""What ``--unlock`` does around any remedy."""


def write_playbook(folder: Path, code: str, cause: str, remedies: str) -> Path:
    """Write a folder with one playbook that replaces the shipped one, and give the folder."""
    folder.mkdir(exist_ok=True)
    folder.joinpath("own.yaml").write_text(
        f"schema: azremedy.playbook/1\ncode: {code}\ntitle: Ours\nmeaning: Ours\n"
        f"table: health\nsource: us\ncauses:\n  - cause: {cause}\n    remedies: {remedies}\n",
        encoding="utf-8",
    )
    return folder


def plan_with(stage: Stage, folder: Path, *allowed: Remedy, unlock: bool = False) -> Plan:
    """Plan the repair with a folder of playbooks."""
    options = api.FixOptions(allowed=frozenset(allowed), unlock=unlock)
    return api.plan_fix(stage.azure, WEB, options, how=DiagnoseOptions(playbooks=(folder,)))


@pytest.mark.parametrize(
    ("order", "expected"),
    [("[restart-vm, redeploy-vm]", "RestartVm"), ("[redeploy-vm, restart-vm]", "RedeployVm")],
)
def test_own_order_of_remedies_decides(tmp_path: Path, order: str, expected: str) -> None:
    """Of two that are both allowed the playbook's first is planned, and it heals the VM."""
    own = write_playbook(
        tmp_path / "own", "UserErrorGuestAgentStatusUnavailable", "agent-not-ready", order
    )
    stage = open_stage(tmp_path, AGENT)

    plan = plan_with(stage, own, Remedy.RESTART_VM, Remedy.REDEPLOY_VM)

    assert expected == plan.steps[0].step.kind
    assert 0 == api.apply(stage.azure, plan).exit_code


def test_remedy_in_a_playbook_needs_its_flag_all_the_same(tmp_path: Path) -> None:
    """A playbook names a restart; only a person allows it."""
    own = write_playbook(
        tmp_path / "own", "UserErrorRpCollectionLimitReached", "point-group-locked", "[restart-vm]"
    )

    plan = plan_with(open_stage(tmp_path, LIMIT), own, unlock=True)

    assert ["--restart"] == [each.override for each in plan.refusals]


def test_lock_stays_in_the_way_of_what_a_playbook_names(tmp_path: Path) -> None:
    """A deletion that is put first is still refused by the lock, and nothing is sent."""
    own = write_playbook(
        tmp_path / "own",
        "UserErrorRpCollectionLimitReached",
        "point-group-locked",
        "[clean-points]",
    )
    stage = open_stage(tmp_path, LIMIT)

    plan = plan_with(stage, own)

    assert ["lock-in-the-way"] == [each.guard for each in plan.refusals]
    assert "refused" == api.apply(stage.azure, plan).state
    assert not [each for each in stage.requests() if each["method"] in {"DELETE", "PUT", "PATCH"}]


def test_cause_in_a_playbook_is_mended_only_where_facts_confirm_it(tmp_path: Path) -> None:
    """A playbook that blames the agent changes nothing about an agent that is well."""
    own = write_playbook(
        tmp_path / "own", "UserErrorRpCollectionLimitReached", "agent-not-ready", "[restart-vm]"
    )

    plan = plan_with(open_stage(tmp_path, LIMIT), own, Remedy.RESTART_VM, unlock=True)

    assert "RestartVm" not in {each.step.kind for each in plan.steps}


@pytest.mark.parametrize(
    "world",
    [
        AGENT,
        LIMIT,
        "agent-outdated-and-storage-blocked",
        "collection-deleted",
        "key-vault-and-lock",
        "key-vault-closed-by-roles",
        "lock-points-and-extension",
        "storage-blocked",
        "user-error-backup-operation-in-progress",
        "vm-changing",
        "vm-stopped-inside",
    ],
)
def test_remedies_take_the_steps_that_are_told_of_them(tmp_path: Path, world: str) -> None:
    """What 'playbook explain' says of a remedy holds for the plans that it makes."""
    options = api.FixOptions(allowed=frozenset(Remedy), unlock=True)

    plan = api.plan_fix(open_stage(tmp_path, world).azure, WEB, options)

    chosen = [mend.remedy for target in plan.targets for mend in target.mends]
    told = {kind for remedy in chosen for kind in KINDS[remedy]}
    planned = {each.step.kind for each in plan.steps}
    assert chosen
    assert set() == planned - told - {*PROOF} - LENDING
