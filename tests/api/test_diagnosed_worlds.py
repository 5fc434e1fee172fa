"""Broken worlds are diagnosed: the planted causes are confirmed, and no others."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from azremedy import api
from azremedy.api.diagnosing import DiagnoseOptions, Examined, diagnose
from azremedy.api.guest import plan_look_inside, read_guest_facts
from azremedy.domain.evidence import Absent, Observed, Unreadable
from azremedy.domain.findings import Certainty
from azremedy.domain.guest import GuestFacts
from azremedy.errors import AmbiguousTargetError, SignInError, TargetNotFoundError, UsageError
from azremedy.ids import ResourceId
from azremedy.sandbox.scenario import Match
from tests.support.stages import (
    ROOT,
    SUBSCRIPTION,
    Stage,
    answered,
    built_in,
    forbidding,
    names,
    open_stage,
    path_of,
    with_faults,
    with_resources,
    without_resources,
)

if TYPE_CHECKING:
    from azremedy.sandbox.scenario import Scenario

VM = ResourceId.parse(
    f"{ROOT}/resourceGroups/rg-shop/providers/Microsoft.Compute/virtualMachines/web-1"
)
COMPUTE, NETWORK = "Microsoft.Compute", "Microsoft.Network"
VAULTS = "Microsoft.RecoveryServices/Vaults"
ITEM = f"{VAULTS}/backupFabrics/protectionContainers/protectedItems"
BACKUP_STATUS = "Microsoft.RecoveryServices/locations/backupStatus/action"
READS = (
    f"{COMPUTE}/disks/read",
    f"{COMPUTE}/restorePointCollections/read",
    f"{COMPUTE}/virtualMachines/extensions/read",
    f"{COMPUTE}/virtualMachines/read",
    f"{ITEM}/recoveryPoints/read",
    f"{NETWORK}/networkInterfaces/read",
    f"{NETWORK}/networkSecurityGroups/read",
    f"{NETWORK}/virtualNetworks/subnets/read",
    f"{VAULTS}/backupJobs/read",
    f"{VAULTS}/backupPolicies/read",
    f"{VAULTS}/backupProtectedItems/read",
    f"{VAULTS}/read",
    BACKUP_STATUS,
    "Microsoft.Authorization/locks/read",
    "Microsoft.Authorization/roleAssignments/read",
    "Microsoft.KeyVault/vaults/read",
    "Microsoft.Resources/subscriptions/resourceGroups/read",
)
LIMIT = "user-error-rp-collection-limit-reached"
KEYS = "user-error-keyvault-permissions-not-configured"
NO_NETWORK = "extension-snapshot-failed-no-network"

WORLDS = Path(__file__).resolve().parents[1] / "cases" / "worlds.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """What stands behind the failed backup of one VM, as tests/cases/worlds.yaml tells it."""

    world: str
    vm: str = "web-1"
    subscription: str = "001"
    code: str = ""
    inner: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    advisory: tuple[str, ...] = ()
    look_inside: bool = False
    hidden: tuple[str, ...] = ()

    @classmethod
    def read(cls, facts: dict[str, Any]) -> Planted:
        """Take what a diagnosis is about; the rest is about repairs."""
        known = {each.name for each in fields(cls)}
        return cls(**{name: _freeze(facts[name]) for name in known & facts.keys()})

    def __str__(self) -> str:
        return f"{self.world}-{self.vm}"

    def open(self, folder: Path) -> Stage:
        """Open the world with the VM's subscription."""
        return open_stage(
            folder, self.world, subscription=f"{SUBSCRIPTION[:-3]}{self.subscription}"
        )


def _freeze(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


PLANTED = [Planted.read(facts) for facts in yaml.safe_load(WORLDS.read_text(encoding="utf-8"))]
HIDDEN_INSIDE = [each for each in PLANTED if each.look_inside]


def examine(stage: Stage, options: DiagnoseOptions | None = None) -> Examined:
    """Diagnose the one VM of a world."""
    (vm, *_) = stage.azure.gateways().groups.find_vms("web-1") or (
        stage.azure.gateways().groups.find_vms("app-1")
    )
    (found,) = diagnose(stage.azure, names(str(vm.id)), options)
    return found


def _advisory(found: Examined) -> set[str]:
    return {
        each.cause
        for each in found.diagnosis.findings
        if each.advisory and each.certainty is Certainty.CONFIRMED
    }


def certainties(found: Examined) -> dict[str, Certainty]:
    """Give what each rule said."""
    return {each.cause: each.certainty for each in found.diagnosis.findings}


@pytest.mark.parametrize("planted", PLANTED, ids=str)
def test_the_planted_causes_are_confirmed_and_no_others(tmp_path: Path, planted: Planted) -> None:
    """Whatever the code, what is broken is found; and nothing is changed on the way."""
    stage = planted.open(tmp_path)

    (found,) = diagnose(stage.azure, names(planted.vm))

    causes = () if planted.look_inside else planted.causes
    assert set(causes) == {each.cause for each in found.diagnosis.confirmed}
    assert set(planted.advisory) == _advisory(found)
    assert () == found.diagnosis.gaps
    assert [] == stage.writes()


@pytest.mark.parametrize("planted", PLANTED, ids=str)
def test_the_code_is_found(tmp_path: Path, planted: Planted) -> None:
    """It is the job's or the item's, and what it wraps is opened."""
    stage = planted.open(tmp_path)

    (found,) = diagnose(stage.azure, names(planted.vm))

    codes = [each.code for each in found.diagnosis.symptoms]
    assert ([planted.code] if planted.code else []) == codes
    assert planted.inner == (found.diagnosis.symptoms[0].inner if codes else ())
    assert [planted.code, *planted.inner][: len(found.playbooks)] == [
        each.code for each in found.playbooks
    ]


@pytest.mark.parametrize("planted", HIDDEN_INSIDE, ids=str)
def test_what_only_the_guest_shows_takes_a_look_inside(tmp_path: Path, planted: Planted) -> None:
    """Without one it cannot be told; with one it is confirmed, and nothing else is."""
    stage = planted.open(tmp_path)

    (blind,) = diagnose(stage.azure, names(planted.vm))
    run = stage.apply(plan_look_inside(stage.azure, names(planted.vm)))
    (seeing,) = diagnose(stage.azure, names(planted.vm), guest=read_guest_facts(run))

    told = certainties(blind)
    assert {Certainty.CANNOT_TELL} >= {told[cause] for cause in planted.causes}
    assert set(planted.causes) == {each.cause for each in seeing.diagnosis.confirmed}


@pytest.mark.parametrize("planted", [each for each in PLANTED if each.hidden], ids=str)
def test_what_nobody_can_see_from_outside_is_left_open(tmp_path: Path, planted: Planted) -> None:
    """It is not ruled out."""
    stage = planted.open(tmp_path)

    (found,) = diagnose(stage.azure, names(planted.vm))

    told = certainties(found)
    assert {Certainty.CANNOT_TELL} == {told[cause] for cause in planted.hidden}


@pytest.mark.parametrize("action", READS)
@pytest.mark.parametrize("world", [LIMIT, KEYS, NO_NETWORK, "lock-points-and-extension"])
def test_without_a_permission_nothing_false_is_said(
    tmp_path: Path, world: str, action: str
) -> None:
    """A rule either says the same or that it cannot tell, and names what would let it."""
    whole = examine(open_stage(tmp_path, world), DiagnoseOptions(everything=True))
    stage = open_stage(tmp_path, forbidding(built_in(world), action))

    (found,) = diagnose(stage.azure, names(str(whole.case.vm_id)), DiagnoseOptions(everything=True))

    expected, told = certainties(whole), certainties(found)
    changed = {cause for cause in told if told[cause] is not expected.get(cause, told[cause])}
    assert {Certainty.CANNOT_TELL} >= {told[cause] for cause in changed}
    told_by = [each for each in found.diagnosis.findings if each.cause in changed]
    assert [] == [each for each in told_by if action not in f"{each.message} {each.settle}"]
    assert {action} >= {gap.action for gap in found.diagnosis.gaps}
    assert [] == stage.writes()


def test_only_what_the_code_asks_for_is_read(tmp_path: Path) -> None:
    """For too many restore points nobody looks at disks, networks or key vaults."""
    stage = open_stage(tmp_path, LIMIT)

    found = examine(stage)

    paths = [path_of(each) for each in stage.requests()]
    costly = ("/disks/", "Microsoft.Network", "Microsoft.KeyVault", "/v1.0/")
    assert [] == [path for path in paths if any(part in path for part in costly)]
    assert len(paths) <= 15
    assert ["UserErrorRpCollectionLimitReached"] == [each.code for each in found.playbooks]


def test_everything_asks_every_rule(tmp_path: Path) -> None:
    """Also those that the code's playbook does not name."""
    few = certainties(examine(open_stage(tmp_path, LIMIT)))

    many = certainties(examine(open_stage(tmp_path, LIMIT), DiagnoseOptions(everything=True)))

    assert few.keys() < many.keys()
    assert {"key-vault-closed", "storage-blocked"} <= many.keys() - few.keys()


def test_a_healthy_vm_has_no_code_and_nobody_looks_inside(tmp_path: Path) -> None:
    """Every rule that was asked rules its cause out."""
    found = examine(open_stage(tmp_path, "healthy-windows"))

    assert () == found.diagnosis.symptoms
    assert {Certainty.RULED_OUT} == set(certainties(found).values())


def test_a_code_may_be_given(tmp_path: Path) -> None:
    """In any spelling; it stands before those that Azure names."""
    stage = open_stage(tmp_path, LIMIT)

    found = examine(stage, DiagnoseOptions(code="usererrorguestagentstatusunavailable"))

    assert ["UserErrorGuestAgentStatusUnavailable", "UserErrorRpCollectionLimitReached"] == [
        each.code for each in found.diagnosis.symptoms
    ]


def test_a_misspelt_code_is_refused_with_what_was_meant(tmp_path: Path) -> None:
    """Nothing is read for a slip of the pen."""
    stage = open_stage(tmp_path, LIMIT)

    with pytest.raises(UsageError) as caught:
        diagnose(stage.azure, names(str(VM)), DiagnoseOptions(code="UserErrorRpColectionLimit"))

    assert "UserErrorRpCollectionLimitReached" in caught.value.advice
    assert [] == stage.requests()


def test_a_code_that_resembles_none_may_be_new(tmp_path: Path) -> None:
    """It is taken as it is, and every rule is asked."""
    found = examine(open_stage(tmp_path, LIMIT), DiagnoseOptions(code="987654321"))

    assert ("987654321", False) == (
        found.diagnosis.symptoms[0].code,
        found.diagnosis.symptoms[0].known,
    )


def test_a_look_inside_settles_what_only_the_guest_shows(tmp_path: Path) -> None:
    """Without one it cannot be told; with one it is confirmed or ruled out."""
    stage = open_stage(tmp_path, "guest-agent-snapshot-task-status-error")
    facts = GuestFacts(extensions_enabled=False, dhcp=True, host_reachable=True)
    inside = {VM: Observed(value=facts, source=str(VM))}

    (blind,) = diagnose(stage.azure, names(str(VM)))
    (seeing,) = diagnose(stage.azure, names(str(VM)), guest=inside)

    assert Certainty.CANNOT_TELL is certainties(blind)["extensions-disabled"]
    assert Certainty.CONFIRMED is certainties(seeing)["extensions-disabled"]
    assert Certainty.RULED_OUT is certainties(seeing)["no-dhcp"]


def test_a_look_inside_that_failed_is_a_gap(tmp_path: Path) -> None:
    """It was asked for, and could not be had."""
    stage = open_stage(tmp_path, "guest-agent-snapshot-task-status-error")
    gap = Unreadable(source=str(VM), why="the script ended without an answer")

    (found,) = diagnose(stage.azure, names(str(VM)), guest={VM: gap})

    assert (gap,) == found.diagnosis.gaps
    assert Certainty.CANNOT_TELL is certainties(found)["extensions-disabled"]


@pytest.mark.parametrize("name", ["web-1", "WEB-1", str(VM)])
def test_a_vm_that_is_gone_is_found_by_its_item(tmp_path: Path, name: str) -> None:
    """By name as well as by id, while a vault protects it."""
    stage = open_stage(tmp_path, _without_vm(built_in(LIMIT)))

    (found,) = diagnose(stage.azure, names(name))

    assert VM == found.case.vm_id
    assert isinstance(found.case.vm, Absent)
    assert "vm-gone" in {each.cause for each in found.diagnosis.confirmed}


def test_a_name_that_nothing_knows_is_not_found(tmp_path: Path) -> None:
    """Neither ARM nor a vault."""
    stage = open_stage(tmp_path, LIMIT)

    with pytest.raises(TargetNotFoundError):
        diagnose(stage.azure, names("web-99"))
    with pytest.raises(TargetNotFoundError):
        diagnose(stage.azure, names(f"{VM}99"))


def test_two_gone_vms_of_one_name_are_not_guessed(tmp_path: Path) -> None:
    """The message lists both."""
    base = _without_vm(built_in(LIMIT))
    item = next(
        each for each in base.resources if each["id"].endswith("VM;iaasvmcontainerv2;rg-shop;web-1")
    )
    elsewhere = str(VM).replace("rg-shop", "rg-other")
    second = {
        **item,
        "id": item["id"].replace("rg-shop;web-1", "rg-other;web-1"),
        "properties": {
            **item["properties"],
            "sourceResourceId": elsewhere,
            "virtualMachineId": elsewhere,
            "containerName": "iaasvmcontainerv2;rg-other;web-1",
        },
    }
    stage = open_stage(tmp_path, with_resources(base, second))

    with pytest.raises(AmbiguousTargetError, match="rg-other"):
        diagnose(stage.azure, names("web-1"))
    (found,) = diagnose(stage.azure, names("web-1", group="rg-other"))
    assert "rg-other" == found.case.vm_id.resource_group


def test_nobody_diagnoses_without_signing_in(tmp_path: Path) -> None:
    """A refused token is no gap among others."""
    fault = answered(Match(path="*/locks"), 401, times=99, code="ExpiredAuthenticationToken")
    stage = open_stage(tmp_path, with_faults(built_in(LIMIT), fault))

    with pytest.raises(SignInError):
        diagnose(stage.azure, names(str(VM)))


def test_a_teams_playbook_joins_in(tmp_path: Path) -> None:
    """Its code is known, its causes are asked about in its order."""
    file = tmp_path / "TeamCode.yaml"
    file.write_text(
        "schema: azremedy.playbook/1\n"
        "code: TeamCode\n"
        "title: Ours.\n"
        "meaning: What our monitoring calls it.\n"
        "table: vm\n"
        "source: our runbook\n"
        "causes:\n"
        "  - cause: point-limit\n"
        "  - cause: disk-too-large\n"
    )
    stage = open_stage(tmp_path, LIMIT)

    found = examine(stage, DiagnoseOptions(code="TeamCode", playbooks=(file,)))

    assert "TeamCode" == found.diagnosis.symptoms[0].code
    assert ["point-limit", "disk-too-large"] == [
        each.cause for each in found.diagnosis.findings[:2]
    ]


def test_why_it_will_be_back_is_told(tmp_path: Path) -> None:
    """The lock's own notes tell who made it."""
    (line,) = examine(open_stage(tmp_path, "restore-point-limit")).diagnosis.recurrence

    assert "may be put back by whoever made it" in line


def test_instructions_come_with_what_they_are_for(tmp_path: Path) -> None:
    """Each that a finding or the code names, once."""
    found = examine(open_stage(tmp_path, "user-error-guest-agent-status-unavailable"))

    named = {name for each in found.diagnosis.findings for name in each.instructions}
    named |= {name for book in found.playbooks for name in book.instructions}
    assert named == {each.name for each in found.instructions}
    assert len(named) == len(found.instructions)


def test_several_vms_are_diagnosed_at_once(tmp_path: Path) -> None:
    """In the order in which they were named, each once."""
    stage = open_stage(tmp_path, "two-vms-alike")

    found = diagnose(stage.azure, api.VmNames(names=("web-10", "web-1", "web-10")))

    assert ["web-10", "web-1"] == [each.case.vm_id.name for each in found]


def _without_vm(base: Scenario) -> Scenario:
    left = tuple(each for each in base.resources if not each["id"].startswith(str(VM)))
    return with_resources(without_resources(base, "/"), *left)
