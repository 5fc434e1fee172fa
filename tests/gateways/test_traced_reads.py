"""Each thread can say when its last answer came, and under which request id."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from azremedy.errors import NotFoundError, UsageError
from azremedy.gateways.policies import Seen
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from azremedy.gateways.policies import Trace
    from tests.gateways.conftest import EnterWorld, Scripted

DATE = "Fri, 20 Nov 2026 08:00:00 GMT"
EIGHT = datetime(2026, 11, 20, 8, tzinfo=UTC)
ELSEWHERE = ResourceId.of_group("5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a009", "group")
NOWHERE = ResourceId.of_group("5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001", "nowhere")


def test_an_answers_time_and_request_id_are_kept(scripted: Scripted) -> None:
    """They are the answer's own: its Date, in UTC, and its x-ms-request-id."""
    headers = {"Date": DATE, "x-ms-request-id": "one"}

    scripted.play(scripted.reply(body={"value": []}, headers=headers)).groups.list_groups()

    assert Seen(at=EIGHT, request_id="one") == scripted.session.trace().last


def test_the_last_page_counts(scripted: Scripted) -> None:
    """A list of several pages is as old as its last one."""
    following = {"value": [], "nextLink": "https://management.azure.com/next"}
    pages = (
        scripted.reply(body=following, headers={"Date": DATE, "x-ms-request-id": "one"}),
        scripted.reply(body={"value": []}, headers={"Date": DATE, "x-ms-request-id": "two"}),
    )

    scripted.play(*pages).groups.list_groups()

    assert Seen(at=EIGHT, request_id="two") == scripted.session.trace().last


def test_a_refusal_is_an_answer_too(scripted: Scripted) -> None:
    """That something is not there was said at a time, under an id."""
    headers = {"Date": DATE, "x-ms-request-id": "gone"}
    body = {"error": {"code": "ResourceGroupNotFound", "message": "none"}}

    with pytest.raises(NotFoundError):
        scripted.play(scripted.reply(status=404, body=body, headers=headers)).groups.get_group(
            NOWHERE
        )

    assert Seen(at=EIGHT, request_id="gone") == scripted.session.trace().last


@pytest.mark.parametrize("date", ["", "yesterday", "Fri, 20 Nov 2026 08:00:00 -0000"])
def test_an_answer_without_a_date_has_the_sessions_time(scripted: Scripted, date: str) -> None:
    """What is no date, or has no zone, is not taken for one."""
    before = scripted.session.clock.now()
    headers = {"Date": date, "x-ms-request-id": "undated"}

    scripted.play(scripted.reply(body={"value": []}, headers=headers)).groups.list_groups()

    seen = scripted.session.trace().last
    assert seen is not None
    assert before <= seen.at <= scripted.session.clock.now()
    assert "undated" == seen.request_id


def test_nothing_was_answered_before_the_first_request(scripted: Scripted) -> None:
    """Also not where a request was refused before it was sent."""
    with pytest.raises(UsageError):
        scripted.azure.groups.get_group(ELSEWHERE)

    assert scripted.session.trace().last is None


def test_what_was_answered_can_be_forgotten(scripted: Scripted) -> None:
    """So that an older answer is not taken for the next one."""
    scripted.play(scripted.reply(body={"value": []})).groups.list_groups()

    scripted.azure.trace.forget()

    assert scripted.session.trace().last is None


def test_each_thread_has_its_own_last_answer(enter_world: EnterWorld) -> None:
    """Readers that work side by side do not take each other's answers for theirs."""
    azure = enter_world("healthy").azure
    together = Barrier(2)

    def read() -> tuple[Seen | None, Seen | None]:
        azure.groups.list_groups()
        first = azure.trace.last
        together.wait(timeout=60)
        return first, azure.trace.last

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.submit(read), pool.submit(read)

    assert one.result()[0] == one.result()[1]
    assert other.result()[0] == other.result()[1]
    assert _request(one.result()) != _request(other.result())
    assert azure.trace.last is None


def test_all_subscriptions_of_a_session_share_the_trace(enter_world: EnterWorld) -> None:
    """It is the session's, as the pipeline is."""
    world = enter_world("healthy")
    traces: tuple[Trace, ...] = (
        world.azure.trace,
        world.session.subscription(ELSEWHERE.subscription_id).trace,
    )

    assert traces == (world.session.trace(), world.session.trace())


def _request(seen: tuple[Seen | None, ...]) -> str | None:
    (last, *_) = seen
    return last.request_id if last else None
