"""Changes of the network in trouble: lost answers, conflicts, late failures, other processes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from azremedy.api.network import plan_allow_storage
from azremedy.domain.network import make_storage_rule
from azremedy.engine.handlers.base import Memory, Patience, Resumable, Tools
from azremedy.engine.handlers.choose import choose_handler
from azremedy.errors import AzureError, WrongResourceTypeError
from azremedy.ids import ResourceId
from azremedy.sandbox.scenario import Failure, Fault, OperationFault, Timing
from tests.support.networks import (
    ADDING,
    BLOCKED,
    DELETE_RULE,
    DENIAL,
    ENDPOINT,
    GROUP,
    NSG,
    OURS,
    PUT_RULE,
    PUT_SUBNET,
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
    with_rules,
)
from tests.support.stages import (
    SUBSCRIPTION,
    answered,
    built_in,
    names,
    open_stage,
    states,
    with_faults,
)

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.domain.events import Event
    from azremedy.domain.steps import Step
    from azremedy.gateways.session import Session
    from azremedy.sandbox.scenario import Scenario


@pytest.mark.parametrize(
    "fault",
    [
        Fault(match=PUT_RULE, lose="response", times=99),
        Fault(match=PUT_RULE, lose="request"),
        answered(PUT_RULE, 429, headers={"Retry-After": "2"}),
        answered(PUT_RULE, 500),
    ],
    ids=["answers lost", "request lost", "429", "500"],
)
def test_a_rule_is_made_in_spite_of_trouble(tmp_path: Path, fault: Fault) -> None:
    """Where Azure did not take the request it is repeated; where only answers are lost, seen."""
    stage = open_stage(tmp_path, with_faults(built_in(BLOCKED), fault))

    run = stage.apply(plan_allow_storage(stage.azure, names("web-1")))

    assert ("done",) == states(run)
    assert not is_blocked(stage)


def test_a_rule_whose_request_never_arrives_is_unknown(tmp_path: Path) -> None:
    """No answer and no rule: that is not called done."""
    lost = Fault(match=PUT_RULE, lose="request", times=99)
    stage = open_stage(tmp_path, with_faults(built_in(BLOCKED), lost))

    run = stage.apply(plan_allow_storage(stage.azure, names("web-1")))

    assert ("unknown",) == states(run)
    assert is_blocked(stage)


def test_the_lost_answer_of_a_removal_is_looked_after(tmp_path: Path) -> None:
    """Only answers were lost: the rule is gone."""
    quick = replace(with_rules(DENIAL, OURS), operations={"deleteNetwork": Timing(seconds=1)})
    lost = Fault(match=DELETE_RULE, lose="response", times=99)
    stage = open_stage(tmp_path, with_faults(quick, lost))

    run = stage.apply(planned(stage, REMOVING))

    assert ("done",) == states(run)
    assert not stage.has(RULE)


def test_the_lost_answer_of_an_endpoint_is_looked_after(tmp_path: Path) -> None:
    """Only answers were lost: the subnet has the endpoint."""
    lost = Fault(match=PUT_SUBNET, lose="response", times=99)
    stage = open_stage(tmp_path, with_faults(behind_a_route("None"), lost))

    run = stage.apply(plan_allow_storage(stage.azure, names("web-1")))

    assert ("done",) == states(run)
    assert not is_blocked(stage)


@pytest.mark.parametrize("status", [409, 412])
def test_a_subnet_that_is_being_changed_is_left_alone(tmp_path: Path, status: int) -> None:
    """A conflict is an error: whatever somebody else has just written is not overwritten."""
    base = with_faults(behind_a_route("None"), answered(PUT_SUBNET, status, times=99))
    stage = open_stage(tmp_path, base)
    before = show(stage, VNET)

    run = stage.apply(plan_allow_storage(stage.azure, names("web-1")))

    assert (("failed",), before) == (states(run), show(stage, VNET))
    assert run.steps[0].error is not None
    assert "conflict" == run.steps[0].error.msgid


def test_a_conflict_with_oneself_is_none(tmp_path: Path) -> None:
    """A request that is repeated after a lost answer meets the tag that the first one made."""
    faults = (Fault(match=PUT_SUBNET, lose="response"), answered(PUT_SUBNET, 412))
    stage = open_stage(tmp_path, with_faults(behind_a_route("None"), *faults))

    run = stage.apply(plan_allow_storage(stage.azure, names("web-1")))

    assert ("done",) == states(run)
    assert not is_blocked(stage)


def test_the_subnets_entity_tag_is_sent_along(tmp_path: Path) -> None:
    """Azure is told which state of the subnet the change is meant for."""
    base = behind_a_route("None")
    tagged = tuple(
        {**each, "etag": 'W/"5c1f"'} if each["id"] == VNET else each for each in base.resources
    )
    stage = open_stage(tmp_path, replace(base, resources=tagged))

    stage.apply(plan_allow_storage(stage.azure, names("web-1")))

    (put,) = (each for each in stage.requests() if each["method"] == "PUT")
    headers = {name.lower(): value for name, value in put["request_headers"].items()}
    assert 'W/"5c1f"' == headers["if-match"]


@pytest.mark.parametrize(
    ("base", "name"),
    [(built_in(BLOCKED), "writeNetwork"), (behind_a_route("None"), "writeNetwork")],
    ids=["rule", "endpoint"],
)
def test_a_change_that_outlasts_patience_goes_on(tmp_path: Path, base: Scenario, name: str) -> None:
    """It is told as what it is: not ended, and to be looked at again."""
    stage = open_stage(tmp_path, replace(base, operations={name: Timing(seconds=86400)}))

    run = stage.apply(plan_allow_storage(stage.azure, names("web-1")))

    assert ("unknown",) == states(run)
    assert "still changing" in messages(run)[0]


@pytest.mark.parametrize(
    "base", [built_in(BLOCKED), behind_a_route("None")], ids=["rule", "subnet"]
)
def test_a_change_that_fails_late_is_told(tmp_path: Path, base: Scenario) -> None:
    """Azure's own code is in the result."""
    fails = OperationFault(name="writeNetwork", fails=Failure(code="InternalServerError"))
    stage = open_stage(tmp_path, with_faults(base, Fault(operation=fails)))

    run = stage.apply(plan_allow_storage(stage.azure, names("web-1")))

    assert ("failed",) == states(run)
    assert "InternalServerError" in messages(run)[0]


def test_a_rule_that_comes_before_is_told(tmp_path: Path) -> None:
    """Somebody denies the same at a lower number meanwhile: the rule is no success."""
    stage = open_stage(tmp_path, BLOCKED)
    plan = plan_allow_storage(stage.azure, names("web-1"))

    def meanwhile(event: Event) -> None:
        if event.kind == "StepStarted":
            stage.world.clock.schedule(3, deny)

    def deny() -> None:
        group: Any = stage.world.documents.get(NSG)
        group["properties"]["securityRules"].append(nsg_rule("first", 110, "Deny", "*"))
        stage.world.documents.put(group)

    run = stage.apply(plan, meanwhile)

    assert ("failed",) == states(run)
    assert "Rule 'first' comes before" in messages(run)[0]


def test_what_another_process_began_is_followed(tmp_path: Path) -> None:
    """From its token each operation is followed to its end, with no second request."""
    stage = open_stage(tmp_path, behind_a_route("None"))
    began: tuple[Step, ...] = (ADDING, ENDPOINT, REMOVING)
    seen = []
    for step in began:
        with stage.azure.open_writer() as session:
            accepted = choose_handler(step, tools(session)).act()
            assert accepted.operation is not None
            token = accepted.operation.token()
        with stage.azure.open_writer() as session:
            handler = choose_handler(step, tools(session))
            assert isinstance(handler, Resumable)
            seen.append(handler.finish(handler.resume(token)).message)

    assert ["put", "put", "delete"] == [write.partition(" ")[0] for write in stage.writes()]
    assert [
        "allowed: out to Storage.westeurope, ports 443 and 8443",
        "the subnet has the endpoint Microsoft.Storage",
        "the rule is gone",
    ] == seen


def tools(session: Session) -> Tools:
    """Give a handler what it works with."""
    return Tools(session=session, memory=Memory(), progress=lambda _: None, patience=Patience())


def test_a_rule_that_is_not_there_need_not_be_deleted(tmp_path: Path) -> None:
    """Azure's 204 is told apart from a deletion."""
    stage = open_stage(tmp_path, BLOCKED)
    with stage.azure.open_writer() as session:
        operation = session.subscription(SUBSCRIPTION).network.delete_rule(ADDING.rule_id)

    assert operation.receipt.already_gone


@pytest.mark.parametrize(
    ("base", "step", "fault", "words"),
    [
        (
            built_in(BLOCKED),
            ADDING,
            answered(PUT_RULE, 200, body={"id": RULE}),
            "is not there after it was written",
        ),
        (
            with_rules(DENIAL, OURS),
            REMOVING,
            answered(DELETE_RULE, 204),
            "is still there after its deletion",
        ),
        (
            behind_a_route("None"),
            ENDPOINT,
            answered(PUT_SUBNET, 200, body={"id": SUBNET}),
            "is as it was after it was changed",
        ),
    ],
    ids=["rule", "removal", "endpoint"],
)
def test_an_effect_that_cannot_be_seen_is_no_success(
    tmp_path: Path, base: Scenario, step: Step, fault: Fault, words: str
) -> None:
    """Azure says that it is done, and reading says that it is not: reading counts."""
    stage = open_stage(tmp_path, with_faults(base, fault))

    run = stage.apply(planned(stage, step))

    assert ("failed",) == states(run)
    assert words in messages(run)[0]


def test_the_lost_request_of_a_removal_is_unknown(tmp_path: Path) -> None:
    """No answer, and the rule still stands."""
    lost = Fault(match=DELETE_RULE, lose="request", times=99)
    stage = open_stage(tmp_path, with_faults(with_rules(DENIAL, OURS), lost))

    run = stage.apply(planned(stage, REMOVING))

    assert (("unknown",), True) == (states(run), stage.has(NSG))
    assert 2 == len(show(stage, NSG)["properties"]["securityRules"])


@pytest.mark.parametrize("token", ["", "{}", "no token"])
def test_a_damaged_token_is_told(tmp_path: Path, token: str) -> None:
    """What cannot be taken up is an error of ours, not a crash, and sends nothing."""
    stage = open_stage(tmp_path, BLOCKED)
    with stage.azure.open_writer() as session:
        network = session.subscription(SUBSCRIPTION).network

        with pytest.raises(AzureError, match="damaged"):
            network.resume_put_rule(ADDING.rule_id, token)

    assert [] == stage.writes()


@pytest.mark.parametrize("text", [NSG, GROUP, SUBNET])
def test_only_rules_are_written_and_deleted(tmp_path: Path, text: str) -> None:
    """No id of another type can be meant by mistake, least of all a resource group's."""
    stage = open_stage(tmp_path, BLOCKED)
    target = ResourceId.parse(text)
    rule = make_storage_rule("any", 150, destination="Storage", ports=("443",))
    with stage.azure.open_writer() as session:
        network = session.subscription(target.subscription_id).network

        with pytest.raises(WrongResourceTypeError):
            network.delete_rule(target)
        with pytest.raises(WrongResourceTypeError):
            network.put_rule(target, rule)

    assert [] == stage.writes()
