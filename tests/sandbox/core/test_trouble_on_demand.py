"""Every kind of trouble that a scenario can ask for, as the SDK lives through it."""

from __future__ import annotations

import json
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import pytest
from azure.core.exceptions import (
    DecodeError,
    HttpResponseError,
    IncompleteReadError,
    ServiceResponseError,
)
from azure.mgmt.resource.locks import ManagementLockClient
from azure.mgmt.resource.resources import ResourceManagementClient

from azremedy.sandbox import recorder, scenario
from azremedy.sandbox.app import App
from azremedy.sandbox.http import Answer, Request

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sandbox.conftest import Opened, OpenWorld

GROUP = "AzureBackupRG_westeurope_1"
OTHER = "rg-App"
READS = {"method": "GET", "path": "*/resourceGroups/*"}
URL = "https://management.azure.com/subscriptions?api-version=2022-12-01"


def answered(caught: pytest.ExceptionInfo[Any]) -> Any:
    """Give the error that a client raised, untyped: the SDK leaves much of it optional."""
    return caught.value


def groups(opened: Opened, subscription: str, **options: Any) -> Any:
    """Give the operations on resource groups."""
    return opened.client(ResourceManagementClient, subscription, **options).resource_groups


def test_a_body_that_ends_early_is_no_answer(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """The client is told that the connection broke, and a second try succeeds."""
    opened = open_world(small | {"faults": [{"match": READS, "truncate": 20}]})

    with pytest.raises(IncompleteReadError):
        groups(opened, subscription, retry_total=0).get(GROUP)

    assert groups(opened, subscription).get(GROUP).name == GROUP


def test_a_body_that_is_half_a_document_is_no_answer(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """A length that fits does not make JSON of it."""
    half = {"status": 200, "body": '{"value": [{"id": "/subscr'}
    fault = {"match": READS, "answer": half, "contentType": "application/json"}
    opened = open_world(small | {"faults": [fault]})

    with pytest.raises(DecodeError):
        groups(opened, subscription, retry_total=0).get(GROUP)


def test_the_media_type_can_be_wrong(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """The document is there, but it is announced as something else."""
    opened = open_world(small | {"faults": [{"match": READS, "contentType": "text/plain"}]})

    def header(answer: Any, *_: Any) -> str:
        return str(answer.http_response.headers["Content-Type"])

    reading = groups(opened, subscription)

    assert reading.get(GROUP, cls=header) == "text/plain"
    assert reading.get(GROUP, cls=header) == "application/json; charset=utf-8"


def test_a_slow_body_takes_the_worlds_time(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """Bit after bit: the client waits as long as the whole takes."""
    drip = {"bytes": 50, "seconds": 2}
    opened = open_world(small | {"faults": [{"match": READS, "drip": drip}]})
    before = opened.world.clock.now()

    group = groups(opened, subscription).get(GROUP)

    assert group.name == GROUP
    assert timedelta(seconds=8) < opened.world.clock.now() - before < timedelta(seconds=20)


def test_the_clock_can_leap(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """What was under way is over when the leap is done."""
    faults = [{"match": {"path": f"*/{OTHER}"}, "after": 1, "jump": 3600}]
    opened = open_world(small | {"faults": faults})
    client = groups(opened, subscription)
    before = opened.world.clock.now()
    client.begin_delete(OTHER, polling=False)

    with pytest.raises(HttpResponseError) as caught:
        client.get(OTHER)

    assert answered(caught).error.code == "ResourceGroupNotFound"
    assert opened.world.clock.now() - before == timedelta(hours=1)


@pytest.mark.parametrize("skew", [300, -300.5])
def test_the_date_can_be_skewed(
    open_world: OpenWorld, small: dict[str, Any], subscription: str, skew: float
) -> None:
    """Date says another time than the world has."""
    opened = open_world(small | {"faults": [{"match": READS, "dateSkew": skew}]})

    date = groups(opened, subscription).get(
        GROUP, cls=lambda answer, *_: answer.http_response.headers["Date"]
    )

    ahead = parsedate_to_datetime(date) - opened.world.clock.now()
    assert abs(ahead.total_seconds() - skew) <= 1


def test_a_fault_can_let_some_requests_pass(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """Two pass, two are refused, then all is well."""
    fault = {"match": READS, "after": 2, "times": 2, "answer": {"status": 404, "code": "Gone"}}
    client = groups(open_world(small | {"faults": [fault]}), subscription)

    def code() -> str:
        try:
            return str(client.get(GROUP).name)
        except HttpResponseError as error:
            return str(error.error.code if error.error else "")

    assert [code() for _ in range(6)] == [GROUP, GROUP, "Gone", "Gone", GROUP, GROUP]


def test_requests_are_told_apart_by_query_and_body(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """Only the list with that filter, only the lock of that level."""
    faults = [
        {"match": {"query": "*$filter=*'team'*"}, "answer": {"status": 404, "code": "ByQuery"}},
        {"match": {"body": '"ReadOnly"'}, "answer": {"status": 404, "code": "ByBody"}},
    ]
    opened = open_world(small | {"faults": faults})
    locks = opened.client(ManagementLockClient, subscription).management_locks

    assert len(list(groups(opened, subscription).list())) == 2
    with pytest.raises(HttpResponseError) as by_query:
        list(groups(opened, subscription).list(filter="tagName eq 'team'"))
    locks.create_or_update_at_resource_group_level(OTHER, "a", {"level": "CanNotDelete"})
    with pytest.raises(HttpResponseError) as by_body:
        locks.create_or_update_at_resource_group_level(OTHER, "b", {"level": "ReadOnly"})

    assert (answered(by_query).error.code, answered(by_body).error.code) == ("ByQuery", "ByBody")


def test_a_storm_of_throttling_is_waited_out(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """Every refusal names its wait, and the client obeys each time."""
    answer = {"status": 429, "code": "TooManyRequests", "headers": {"Retry-After": "7"}}
    opened = open_world(small | {"faults": [{"answer": answer, "times": 3}]})
    before = opened.world.clock.now()

    group = groups(opened, subscription).get(GROUP)

    assert group.name == GROUP
    assert opened.world.clock.now() - before == timedelta(seconds=21)


@pytest.mark.parametrize(("seconds", "lasts"), [(None, 100), (400, 400)])
def test_an_operation_can_fail_late(
    open_world: OpenWorld,
    small: dict[str, Any],
    subscription: str,
    *,
    seconds: int | None,
    lasts: int,
) -> None:
    """It was accepted, it ran, it fails with its own code and leaves everything as it was."""
    failure = {"code": "InternalExecutionError", "message": "An internal error occurred."}
    operation = {"name": "delete*Group", "fails": failure}
    timed = operation if seconds is None else operation | {"seconds": seconds}
    timing = {"deleteResourceGroup": {"seconds": 100, "retryAfter": 20}}
    opened = open_world(small | {"faults": [{"operation": timed}], "operations": timing})
    before = opened.world.clock.now()

    with pytest.raises(HttpResponseError, match="InternalExecutionError"):
        groups(opened, subscription).begin_delete(OTHER).result()

    assert int((opened.world.clock.now() - before).total_seconds()) == lasts
    groups(opened, subscription).begin_delete(OTHER).result()
    assert not groups(opened, subscription).check_existence(OTHER)


def test_an_operation_can_go_on_for_ever(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """A day later it still runs; only the request that matched is meant."""
    faults = [{"match": {"path": f"*/{OTHER}"}, "operation": {"name": "deleteResourceGroup"}}]
    opened = open_world(small | {"faults": faults})

    groups(opened, subscription).begin_delete(OTHER, polling=False)
    opened.transport.sleep(86_400)

    assert groups(opened, subscription).get(OTHER).properties.provisioning_state == "Deleting"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({}, "this fault does nothing"),
        ({"match": {"method": "GET"}}, "this fault does nothing"),
        ({"lose": "request", "delay": 3}, "lose stands alone, without delay"),
        ({"operation": {"name": "x"}, "answer": {"status": 500}}, "operation stands alone"),
        ({"operation": {"name": "x", "seconds": 3}}, "say how with fails"),
        ({"delay": 1, "after": -1}, "faults.0.after"),
        ({"drip": {"bytes": 0, "seconds": 1}}, "faults.0.drip.bytes"),
        ({"drip": {"bites": 1, "seconds": 1}}, "did you mean 'bytes'?"),
        ({"truncat": 1}, "did you mean 'truncate'?"),
        ({"operation": {"name": "x", "fails": {"kode": "y"}}}, "did you mean 'code'?"),
    ],
)
def test_a_senseless_fault_is_an_error_with_its_line(
    tmp_path: Path, small: dict[str, Any], fault: dict[str, Any], words: str
) -> None:
    """The file and the line of the fault are named, whatever is wrong with it."""
    path = tmp_path / "faulty.json"
    path.write_text(json.dumps(small | {"faults": [{"PLACE": 0}]}).replace("[{", "[\n{"))
    path.write_text(path.read_text().replace('{"PLACE": 0}', json.dumps(fault)))
    lines = path.read_text().splitlines()
    expected = next(n for n, line in enumerate(lines, 1) if line.startswith(json.dumps(fault)))

    with pytest.raises(scenario.ScenarioError) as caught:
        scenario.load(path)

    assert words in caught.value.message
    assert (str(path), expected) == (caught.value.file, caught.value.line)


def test_spoilt_answers_are_marked_and_kept_from_the_runs_record(
    open_world: OpenWorld,
    small: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The record that the environment asks for holds only what is said about Azure."""
    of_run, of_caller = tmp_path / "run.jsonl", tmp_path / "caller.jsonl"
    monkeypatch.setenv(recorder.ENVIRONMENT, str(of_run))
    faults = [{"truncate": 3}, {"answer": {"status": 502, "body": "<html/>"}}, {"delay": 1}]
    world = open_world(small | {"faults": faults}).world
    app = App(world, recorder=recorder.Recorder(of_caller, cassette="mine"))

    def ask() -> Answer:
        headers = {"authorization": "Bearer x"}
        return app.handle(Request(method="GET", url=URL, headers=headers))

    answers = [ask() for _ in range(4)]

    def kinds(path: Path) -> list[str]:
        return [json.loads(line)["kind"] for line in path.read_text().splitlines()]

    known = "Microsoft.Resources/subscriptions"
    assert [answer.is_fault for answer in answers] == [True, True, False, False]
    assert kinds(of_caller) == ["fault", "fault", known, known]
    assert kinds(of_run) == [known, known]


def test_a_dropped_connection_leaves_no_trace(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """An exchange without an answer is none: it is not written down."""
    opened = open_world(small | {"faults": [{"drop": True}]})

    with pytest.raises(ServiceResponseError):
        groups(opened, subscription, retry_total=0).get(GROUP)

    assert not opened.exchanges.exists()
