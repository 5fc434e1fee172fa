"""Requests wait until Azure will take them, instead of being refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azremedy.gateways.rates import Rates, Ticket

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
ONE = "https://management.azure.com/subscriptions/one"
TWO = "https://management.azure.com/subscriptions/two"
COLLECTION = (
    "/resourceGroups/g/providers/Microsoft.Compute/restorePointCollections/{name}?api-version=x"
)
JOB = "/resourceGroups/g/providers/Microsoft.RecoveryServices/vaults/v/backupJobs/{name}?a=x"


def enter(rates: Rates, method: str, url: str, after: float = 0) -> float:
    """Ask for leave; give the seconds to wait."""
    ticket = rates.enter(method, url, NOW + timedelta(seconds=after))
    return max(ticket.wait_s, ticket.closed_s)


def answer(rates: Rates, ticket: Ticket, headers: Mapping[str, str], *, status: int = 200) -> None:
    """Let Azure answer."""
    rates.leave(ticket)
    rates.learn(ticket, status, headers, NOW)


@pytest.mark.parametrize(
    ("method", "size", "per_second"), [("GET", 250, 25), ("PUT", 200, 10), ("DELETE", 200, 10)]
)
def test_as_many_go_at_once_as_azure_takes_and_the_others_wait(
    method: str, size: int, per_second: int
) -> None:
    """Those beyond wait for one token each."""
    rates = Rates()

    waits = [enter(rates, method, ONE) for _ in range(size + per_second)]

    assert {0.0} == set(waits[:size])
    assert 1.0 == pytest.approx(waits[-1])


def test_time_brings_tokens_back() -> None:
    """After a second as many as Azure refills in one may go."""
    rates = Rates()
    for _ in range(200):
        enter(rates, "DELETE", ONE)

    assert {0.0} == {enter(rates, "DELETE", ONE, after=1) for _ in range(10)}
    assert enter(rates, "DELETE", ONE, after=1) > 0


def test_each_subscription_has_limits_of_its_own() -> None:
    """One that is used up does not hold another back."""
    rates = Rates()
    for _ in range(300):
        enter(rates, "GET", ONE)

    assert 0.0 == enter(rates, "GET", TWO)


def test_what_others_have_used_is_learned_from_the_answer() -> None:
    """With three left, the fourth waits."""
    rates = Rates()
    ticket = rates.enter("DELETE", ONE, NOW)

    answer(rates, ticket, {"x-ms-ratelimit-remaining-subscription-deletes": "3"})

    waits = [enter(rates, "DELETE", ONE) for _ in range(4)]
    assert [0.0, 0.0, 0.0] == waits[:3]
    assert waits[3] > 0


def test_requests_on_their_way_are_not_counted_twice() -> None:
    """What is left by the first answer still has to serve nine that were sent before it."""
    rates = Rates()
    tickets = [rates.enter("DELETE", ONE, NOW) for _ in range(10)]

    answer(rates, tickets[0], {"x-ms-ratelimit-remaining-subscription-deletes": "9"})

    assert enter(rates, "DELETE", ONE) > 0


def test_a_policy_of_compute_is_learned_and_kept_to() -> None:
    """Deletions of restore points have a limit of their own, in each subscription."""
    rates = Rates()
    url = ONE + COLLECTION
    ticket = rates.enter("DELETE", url.format(name="a"), NOW)
    policy = (
        "Microsoft.Compute/DeleteRestorePointSubscriptionMaximum;2,Microsoft.Compute/XResource;0"
    )
    answer(rates, ticket, {"x-ms-ratelimit-remaining-resource": policy})

    waits = [enter(rates, "DELETE", url.format(name=name)) for name in "bcd"]

    assert [0.0, 0.0] == waits[:2]
    assert waits[2] > 0
    assert 0.0 == enter(rates, "DELETE", (TWO + COLLECTION).format(name="a"))
    assert 0.0 == enter(rates, "GET", url.format(name="a"))


def test_a_window_that_begins_anew_is_believed() -> None:
    """The vault counts reads by the hour; what was used up is there again."""
    rates = Rates()
    url = (ONE + JOB).format(name="a")
    name = "x-ms-ratelimit-remaining-subscription-resource-requests"
    answer(rates, rates.enter("GET", url, NOW), {name: "0"})
    assert enter(rates, "GET", url) > 0

    answer(rates, rates.enter("GET", url, NOW), {name: "149"})

    assert 0.0 == enter(rates, "GET", url)


def test_a_refusal_keeps_back_all_of_its_kind_and_nothing_else() -> None:
    """What Azure asks one request to wait, its siblings wait too."""
    rates = Rates()
    ticket = rates.enter("DELETE", (ONE + COLLECTION).format(name="a"), NOW)

    answer(rates, ticket, {"Retry-After": "40"}, status=429)

    assert 40.0 == enter(rates, "DELETE", (ONE + COLLECTION).format(name="b"))
    assert 0.0 == enter(rates, "GET", (ONE + COLLECTION).format(name="b"))
    assert 0.0 == enter(rates, "DELETE", (TWO + COLLECTION).format(name="b"))


def test_resource_graph_is_asked_again_when_it_says() -> None:
    """With no query left, the next one waits until there are some."""
    rates = Rates()
    url = "https://management.azure.com/providers/Microsoft.ResourceGraph/resources?api-version=x"
    left = {"x-ms-user-quota-remaining": "0", "x-ms-user-quota-resets-after": "00:00:05"}

    answer(rates, rates.enter("POST", url, NOW), left)

    assert 5.0 == enter(rates, "POST", url)


@given(st.lists(st.floats(min_value=0, max_value=3), max_size=600))
def test_azure_never_has_to_refuse(pauses: list[float]) -> None:
    """Whenever requests come, a bucket of Azure's size has a token when they are sent."""
    rates = Rates()
    now, sent = 0.0, []
    for pause in pauses:
        now += pause / 30
        sent.append(now + enter(rates, "DELETE", ONE, after=now))

    level, before = 200.0, 0.0
    for moment in sorted(sent):
        level = min(200.0, level + (moment - before) * 10) - 1
        before = moment
        assert level >= -1e-4


def test_the_last_reads_of_an_hour_are_spread_over_it() -> None:
    """Nothing comes back before the hour is over: what is left has to last, and it does."""
    rates, url = Rates(), (ONE + JOB).format(name="a")
    name = "x-ms-ratelimit-remaining-subscription-resource-requests"
    answer(rates, rates.enter("GET", url, NOW), {name: "149"})

    waits = [enter(rates, "GET", url) for _ in range(149)]

    assert {0.0} == set(waits[:136])
    assert 0.0 < waits[136]
    assert waits[136:] == sorted(waits[136:])
    assert 3300 < waits[-1] <= 3600
    assert 0.0 == enter(rates, "GET", url, after=3601)
