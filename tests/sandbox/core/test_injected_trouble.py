"""Faults and limits, as the SDK's own clients live through them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError
from azure.mgmt.resource.locks import ManagementLockClient
from azure.mgmt.resource.resources import ResourceManagementClient

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.sandbox.conftest import OpenWorld

GROUP = "AzureBackupRG_westeurope_1"
LOCKS = {"method": "DELETE", "path": "*/locks/*"}


def answered(caught: pytest.ExceptionInfo[Any]) -> Any:
    """Give the error that a client raised, untyped: the SDK leaves much of it optional."""
    return caught.value


def test_a_throttled_request_is_retried_by_the_client(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """The SDK waits as long as Retry-After says, in the world's time, and then succeeds."""
    answer = {"status": 429, "headers": {"Retry-After": "20"}}
    opened = open_world(small | {"faults": [{"match": LOCKS, "answer": answer, "times": 2}]})
    locks = opened.client(ManagementLockClient, subscription).management_locks
    before = opened.world.clock.now()

    locks.delete_at_resource_group_level(GROUP, "keep")

    assert opened.world.clock.now() - before == timedelta(seconds=40)
    assert list(locks.list_at_resource_group_level(GROUP)) == []


def test_a_lost_answer_leaves_the_change_behind(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """The deletion was carried out although its caller never heard of it."""
    opened = open_world(small | {"faults": [{"match": LOCKS, "lose": "response"}]})
    locks = opened.client(ManagementLockClient, subscription, retry_total=0).management_locks

    with pytest.raises(ServiceResponseError):
        locks.delete_at_resource_group_level(GROUP, "keep")

    assert list(locks.list_at_resource_group_level(GROUP)) == []


@pytest.mark.parametrize(
    ("fault", "error"),
    [({"lose": "request"}, ServiceRequestError), ({"drop": True}, ServiceResponseError)],
)
def test_a_lost_request_changes_nothing(
    open_world: OpenWorld,
    small: dict[str, Any],
    subscription: str,
    fault: dict[str, Any],
    error: type[Exception],
) -> None:
    """Whether or not the caller can know, the lock still stands."""
    opened = open_world(small | {"faults": [{"match": LOCKS, **fault}]})
    locks = opened.client(ManagementLockClient, subscription, retry_total=0).management_locks

    with pytest.raises(error):
        locks.delete_at_resource_group_level(GROUP, "keep")

    assert [lock.name for lock in locks.list_at_resource_group_level(GROUP)] == ["keep"]


def test_a_late_answer_takes_the_worlds_time(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """A delay passes in the world, not in the test."""
    opened = open_world(small | {"faults": [{"delay": 90}]})
    before = opened.world.clock.now()

    list(opened.client(ResourceManagementClient, subscription).resource_groups.list())

    assert opened.world.clock.now() - before == timedelta(seconds=90)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"status": 503}, "ServerBusy"),
        ({"status": 418}, "InternalServerError"),
        ({"status": 409, "code": "AnotherOperation", "message": "No."}, "AnotherOperation"),
    ],
)
def test_an_injected_error_has_arms_envelope(
    open_world: OpenWorld,
    small: dict[str, Any],
    subscription: str,
    answer: dict[str, Any],
    code: str,
) -> None:
    """A status alone gets a code that suits it."""
    opened = open_world(small | {"faults": [{"answer": answer, "times": 9}]})
    client = opened.client(ResourceManagementClient, subscription, retry_total=0)

    with pytest.raises(HttpResponseError) as caught:
        client.resource_groups.get(GROUP)

    assert answered(caught).status_code == answer["status"]
    assert answered(caught).error.code == code


def test_an_injected_page_is_no_json(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """Gateways in front of ARM answer HTML, and the client has to live with it."""
    answer = {"status": 502, "body": "<html>Bad gateway</html>"}
    opened = open_world(small | {"faults": [{"answer": answer}]})
    client = opened.client(ResourceManagementClient, subscription, retry_total=0)

    with pytest.raises(HttpResponseError) as caught:
        client.resource_groups.get(GROUP)

    assert answered(caught).response.text() == "<html>Bad gateway</html>"


def test_faults_meet_requests_in_their_order(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """Each fault is used so often as it says and then makes room for the next."""
    faults = [
        {"match": {"path": "*/none/*"}, "answer": {"status": 500}},
        {"match": {"method": "get"}, "answer": {"status": 404, "code": "First"}},
        {"answer": {"status": 404, "code": "Second"}},
    ]
    groups = (
        open_world(small | {"faults": faults})
        .client(ResourceManagementClient, subscription)
        .resource_groups
    )

    codes = []
    for _ in range(2):
        with pytest.raises(HttpResponseError) as caught:
            groups.get(GROUP)
        codes.append(answered(caught).error.code)

    assert codes == ["First", "Second"]
    assert groups.get(GROUP).name == GROUP


def test_an_empty_bucket_refuses_until_it_fills(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """The remaining tokens are reported, and the wait that Retry-After names is enough."""
    opened = open_world(small | {"limits": {"reads": [2, 0.5]}})
    groups = opened.client(ResourceManagementClient, subscription, retry_total=0).resource_groups

    def left() -> str:
        headers = groups.get(GROUP, cls=lambda answer, *_: answer.http_response.headers)
        return str(headers["x-ms-ratelimit-remaining-subscription-reads"])

    assert [left(), left()] == ["1", "0"]
    with pytest.raises(HttpResponseError) as caught:
        groups.get(GROUP)
    assert answered(caught).error.code == "SubscriptionRequestsThrottled"
    opened.transport.sleep(float(answered(caught).response.headers["Retry-After"]))
    assert left() == "0"


def test_a_client_lives_within_the_limits_by_itself(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """The SDK's own retries wait for tokens; a bucket that never fills asks for an hour."""
    slow = open_world(small | {"limits": {"deletes": [1, 0.1], "reads": [1, 0]}})
    locks = slow.client(ManagementLockClient, subscription).management_locks
    before = slow.world.clock.now()

    for _ in range(3):
        locks.delete_at_resource_group_level(GROUP, "keep")

    assert slow.world.clock.now() - before == timedelta(seconds=20)
    refused = slow.client(ResourceManagementClient, subscription, retry_total=0)
    refused.resource_groups.get(GROUP)
    with pytest.raises(HttpResponseError) as caught:
        refused.resource_groups.get(GROUP)
    assert answered(caught).response.headers["Retry-After"] == "3600"


def test_refusals_pass_the_contract(
    open_world: OpenWorld,
    small: dict[str, Any],
    subscription: str,
    contract_check: Callable[[Path], str],
) -> None:
    """Errors carry a code wherever they come from; a lost answer is not written down."""
    faults = [{"answer": {"status": 503}}, {"match": LOCKS, "lose": "response"}]
    opened = open_world(small | {"faults": faults})
    locks = opened.client(ManagementLockClient, subscription).management_locks

    locks.delete_at_resource_group_level(GROUP, "keep")

    assert contract_check(opened.exchanges).startswith("2 exchanges")
    assert contract_check(opened.exchanges).endswith(" 0 violations")
