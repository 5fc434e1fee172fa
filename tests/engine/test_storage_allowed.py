"""Open the way to Azure Storage on a world, see that it is open, and take it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from azremedy import api
from azremedy.api.network import plan_allow_storage
from azremedy.domain.planner.network import AllowBy, StorageOptions
from azremedy.domain.steps.inverse import invert
from azremedy.errors import SignInError
from azremedy.sandbox.scenario import Match
from tests.support.networks import (
    ADDING,
    BLOCKED,
    DENIAL,
    ENDPOINT,
    GROUP,
    NO_ENDPOINT,
    NSG,
    OURS,
    REMOVING,
    RULE,
    SUBNET,
    VNET,
    behind_a_route,
    is_blocked,
    messages,
    nsg_rule,
    planned,
    show,
    subnet_of,
    with_rules,
)
from tests.support.stages import (
    LOCK_TYPE,
    answered,
    built_in,
    changed,
    forbidding,
    guards_of,
    kinds,
    lock,
    names,
    open_stage,
    states,
    with_faults,
    with_resources,
    without_resources,
)

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.domain.steps import Step


def test_a_rule_opens_the_way(tmp_path: Path) -> None:
    """One rule before the one that denies, the world's VM reaches Storage, a backup succeeds."""
    stage = open_stage(tmp_path, BLOCKED)
    plan = plan_allow_storage(stage.azure, names("web-1"))
    blocked = is_blocked(stage)

    run = stage.apply(plan)
    backup = stage.apply(api.plan_backup(stage.azure, names("web-1")))

    assert (True, ("AddSecurityRule",), ("done",)) == (blocked, kinds(plan), states(run))
    assert ADDING == plan.steps[0].step
    assert [f"put {RULE}".lower()] == stage.writes()[:1]
    assert not is_blocked(stage)
    assert ("allowed: out to Storage.westeurope, ports 443 and 8443") == run.steps[0].message
    assert run.steps[0].request_id is not None
    assert 0 == backup.exit_code


def test_a_second_run_has_nothing_to_do(tmp_path: Path) -> None:
    """What is open stays as it is."""
    stage = open_stage(tmp_path, BLOCKED)
    stage.apply(plan_allow_storage(stage.azure, names("web-1")))

    again = plan_allow_storage(stage.azure, names("web-1"))

    assert again.empty
    assert () == again.refusals


def test_a_rule_is_taken_back_exactly(tmp_path: Path) -> None:
    """After the inverse step the group is as it was."""
    stage = open_stage(tmp_path, BLOCKED)
    before = show(stage, NSG)
    stage.apply(plan_allow_storage(stage.azure, names("web-1")))

    run = stage.apply(planned(stage, REMOVING))

    assert ("done",) == states(run)
    assert before == show(stage, NSG)
    assert is_blocked(stage)


@pytest.mark.parametrize("by", [AllowBy.NEEDED, AllowBy.ENDPOINT])
def test_an_endpoint_opens_the_way_past_a_route(tmp_path: Path, by: AllowBy) -> None:
    """The subnet gets the endpoint and keeps all else; the VM reaches Storage."""
    stage = open_stage(tmp_path, behind_a_route("None"))
    before = subnet_of(stage)
    blocked = is_blocked(stage)

    plan = plan_allow_storage(stage.azure, names("web-1"), StorageOptions(by=by))
    run = stage.apply(plan)

    after = subnet_of(stage)
    assert (True, False) == (blocked, is_blocked(stage))
    assert (("AddServiceEndpoint",), ("done",)) == (kinds(plan), states(run))
    assert [f"put {SUBNET}".lower()] == stage.writes()
    assert {**before, "serviceEndpoints": [{"service": "Microsoft.Storage"}]} == after
    assert plan_allow_storage(stage.azure, names("web-1")).empty


def test_an_endpoint_is_taken_back_exactly(tmp_path: Path) -> None:
    """After the inverse step the subnet is as it was, other endpoints included."""
    others = [{"service": "Microsoft.Sql", "locations": ["westeurope"]}]
    stage = open_stage(tmp_path, behind_a_route("None", serviceEndpoints=others))
    before = show(stage, VNET)
    added = stage.apply(plan_allow_storage(stage.azure, names("web-1")))
    between = subnet_of(stage)["serviceEndpoints"]

    removed = stage.apply(planned(stage, NO_ENDPOINT))

    assert (("done",), ("done",)) == (states(added), states(removed))
    assert [*others, {"service": "Microsoft.Storage"}] == between
    assert before == show(stage, VNET)


def test_rule_and_endpoint_where_both_are_needed(tmp_path: Path) -> None:
    """An endpoint leads past routes, not past security groups."""
    base = changed(behind_a_route("VirtualAppliance"), "/web-nsg", {"securityRules": [DENIAL]})
    stage = open_stage(tmp_path, base)

    plan = plan_allow_storage(
        stage.azure, names("web-1"), StorageOptions(by=AllowBy.ENDPOINT, ports=("443",))
    )
    run = stage.apply(plan)

    assert ("AddServiceEndpoint", "AddSecurityRule") == kinds(plan)
    assert ("done", "done") == states(run)
    assert not is_blocked(stage)


def test_forced_tunnelling_needs_a_word(tmp_path: Path) -> None:
    """Whether the firewall lets it pass cannot be seen: nothing is done unasked."""
    stage = open_stage(tmp_path, behind_a_route("VirtualAppliance"))

    plan = plan_allow_storage(stage.azure, names("web-1"))

    assert ("no-way-by-rule",) == guards_of(plan)
    assert plan.empty
    assert "--by endpoint" == plan.refusals[0].override


def test_an_unreadable_part_of_the_network_refuses(tmp_path: Path) -> None:
    """Without the permission to read the group nothing is planned, and the permission is named."""
    action = "Microsoft.Network/networkSecurityGroups/read"
    stage = open_stage(tmp_path, forbidding(built_in(BLOCKED), action))

    plan = plan_allow_storage(stage.azure, names("web-1"))

    assert ("network-unreadable",) == guards_of(plan)
    assert [action] == [gap.action for gap in plan.targets[0].gaps]


def test_a_dangling_interface_refuses(tmp_path: Path) -> None:
    """A VM whose interface does not exist has no way that could be opened."""
    stage = open_stage(tmp_path, without_resources(built_in(BLOCKED), "/networkInterfaces/"))

    plan = plan_allow_storage(stage.azure, names("web-1"))

    assert ("network-unreadable",) == guards_of(plan)
    assert () == plan.targets[0].gaps


def test_more_vms_than_expected_are_refused(tmp_path: Path) -> None:
    """Nothing more is read then."""
    stage = open_stage(tmp_path, BLOCKED)

    plan = plan_allow_storage(stage.azure, names("web-1"), max_targets=0)

    assert ("too-many-targets",) == guards_of(plan)


def test_a_lock_in_the_way_is_leased(tmp_path: Path) -> None:
    """A ReadOnly lock on the group refuses; with --unlock it is off for the change only."""
    frozen = lock(GROUP, "frozen", level="ReadOnly")
    stage = open_stage(tmp_path, with_resources(built_in(BLOCKED), frozen))
    refused = plan_allow_storage(stage.azure, names("web-1"))

    run = stage.apply(plan_allow_storage(stage.azure, names("web-1"), StorageOptions(unlock=True)))

    assert ("lock-in-the-way",) == guards_of(refused)
    assert ("done", "done", "done") == states(run)
    assert [frozen["properties"]] == [each["properties"] for each in stage.documents(LOCK_TYPE)]
    assert not is_blocked(stage)


def test_a_lock_that_was_put_meanwhile_refuses(tmp_path: Path) -> None:
    """Azure's refusal is told as what it is, and nothing is changed."""
    stage = open_stage(tmp_path, BLOCKED)
    plan = plan_allow_storage(stage.azure, names("web-1"))
    stage.world.documents.put(lock(GROUP, "frozen", level="ReadOnly"))

    run = stage.apply(plan)

    assert (("failed",), 4) == (states(run), run.exit_code)
    assert is_blocked(stage)


TAKEN = nsg_rule("somebodys", 199, "Allow", "Sql")
INBOUND = nsg_rule("inbound", 199, "Allow", "*", direction="Inbound")
NAMESAKE = nsg_rule("Azremedy-Allow-Storage", 198, "Allow", "Storage")


@pytest.mark.parametrize(
    ("rules", "step", "state", "words"),
    [
        ((DENIAL, TAKEN), ADDING, "failed", "priority 199 is taken by rule 'somebodys'"),
        ((DENIAL, INBOUND), ADDING, "done", "allowed"),
        ((DENIAL, NAMESAKE), ADDING, "failed", "another rule of the name"),
        ((DENIAL, OURS), ADDING, "already", "is there already"),
        ((DENIAL, OURS), REMOVING, "done", "is gone"),
        ((DENIAL, NAMESAKE), REMOVING, "failed", "somebody changed the rule"),
        ((DENIAL,), REMOVING, "already", "gone already"),
    ],
    ids=["priority taken", "inbound", "namesake", "there", "take back", "changed", "gone"],
)
def test_the_group_is_looked_at_again(
    tmp_path: Path, rules: tuple[Any, ...], step: Step, state: str, words: str
) -> None:
    """No rule is changed that is not azremedy's own, and nothing is done twice."""
    stage = open_stage(tmp_path, with_rules(*rules))
    before = show(stage, NSG)

    run = stage.apply(planned(stage, step))

    assert (state,) == states(run)
    assert words in messages(run)[0]
    assert (state == "done") == (before != show(stage, NSG))
    assert (state == "done") == (stage.writes() != [])


@pytest.mark.parametrize(
    ("step", "gone", "why"),
    [
        (ADDING, "/networkSecurityGroups/", "its security group is gone"),
        (ENDPOINT, "/virtualNetworks/", "the subnet is gone"),
        (NO_ENDPOINT, "/virtualNetworks/", "the subnet is gone"),
    ],
)
def test_what_is_gone_is_not_made_again(tmp_path: Path, step: Step, gone: str, why: str) -> None:
    """A group or a network that was deleted since makes the plan stale."""
    stage = open_stage(tmp_path, without_resources(built_in(BLOCKED), gone))

    run = stage.apply(planned(stage, step))

    assert (("failed",), 7) == (states(run), run.exit_code)
    assert why in messages(run)[0]
    assert [] == stage.writes()


@pytest.mark.parametrize(
    ("endpoints", "step"),
    [([{"service": "Microsoft.Storage"}], ENDPOINT), ([], NO_ENDPOINT)],
)
def test_an_endpoint_is_neither_added_nor_removed_twice(
    tmp_path: Path, endpoints: list[Any], step: Step
) -> None:
    """A subnet that is as it should be is not written."""
    stage = open_stage(tmp_path, behind_a_route("None", serviceEndpoints=endpoints))

    run = stage.apply(planned(stage, step))

    assert ("already",) == states(run)
    assert [] == stage.writes()


@pytest.mark.parametrize(
    ("ending", "properties", "told"),
    [
        ("/web-1-nic", {"ipConfigurations": []}, "it names no subnet"),
        ("/virtualMachines/web-1", {"networkProfile": {}}, "it does not exist"),
    ],
)
def test_half_a_network_is_none(
    tmp_path: Path, ending: str, properties: dict[str, Any], told: str
) -> None:
    """Without interface or subnet nothing can be opened, and the plan says why."""
    stage = open_stage(tmp_path, changed(built_in(BLOCKED), ending, properties))

    plan = plan_allow_storage(stage.azure, names("web-1"))

    assert ("network-unreadable",) == guards_of(plan)
    assert told in plan.refusals[0].message


def test_nobody_goes_on_without_signing_in(tmp_path: Path) -> None:
    """An expired sign-in is no gap in the network."""
    refused = answered(Match(method="GET", path="*/networkInterfaces/*"), 401, times=99)
    stage = open_stage(tmp_path, with_faults(built_in(BLOCKED), refused))

    with pytest.raises(SignInError):
        plan_allow_storage(stage.azure, names("web-1"))


def test_the_inverses_are_exact() -> None:
    """Undoing takes back what was done, and undoing that is the step itself."""
    assert (REMOVING, NO_ENDPOINT) == (invert(ADDING), invert(ENDPOINT))
    assert (ADDING, ENDPOINT) == (invert(REMOVING), invert(NO_ENDPOINT))
