"""Refuse writes, learn Azure's time, limit the waiting."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from azremedy.errors import ReadOnlyError, ThrottledError
from azremedy.gateways.clock import AzureClock, SystemClock
from azremedy.gateways.policies import READ_ONLY_POSTS, is_read_only
from azremedy.gateways.session import Session
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from tests.gateways.conftest import MakeScripted, Scripted

ARM = "https://management.azure.com"
SUBSCRIPTION = "/subscriptions/5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"
GROUP = ResourceId.parse(f"{SUBSCRIPTION}/resourceGroups/group")
LOCATIONS = f"{SUBSCRIPTION}/providers/Microsoft.RecoveryServices/locations/westeurope"
NIC = f"{GROUP}/providers/Microsoft.Network/networkInterfaces/nic"


class Fixed:
    """A clock that stands."""

    def __init__(self, time: datetime) -> None:
        self.time = time
        self.slept = 0.0

    def now(self) -> datetime:
        """Tell the time."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Keep the duration."""
        self.slept += seconds


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "get"])
def test_reads_are_read_only(method: str) -> None:
    """Their method says so, whatever they address."""
    assert is_read_only(method, f"{ARM}{GROUP}")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "POST", "MERGE"])
def test_all_else_is_not(method: str) -> None:
    """An unknown method is taken for a write."""
    assert not is_read_only(method, f"{ARM}{GROUP}")


@pytest.mark.parametrize(
    "path",
    [
        f"{LOCATIONS}/backupStatus",
        f"{LOCATIONS}/backupPreValidateProtection",
        f"{LOCATIONS}/backupValidateFeatures",
        f"{LOCATIONS}/BACKUPSTATUS".replace("Microsoft", "microsoft"),
        f"{LOCATIONS}/backup%53tatus",
        "/providers/Microsoft.ResourceGraph/resources",
        f"{NIC}/effectiveNetworkSecurityGroups",
        f"{NIC}/effectiveRouteTable",
    ],
)
def test_the_named_posts_are_read_only(path: str) -> None:
    """Azure asks with a body there, and changes nothing; other methods are no reads even there."""
    assert is_read_only("POST", f"{ARM}{path}?api-version=1")
    assert not is_read_only("PUT", f"{ARM}{path}?api-version=1")


@pytest.mark.parametrize(
    "path",
    [
        f"{GROUP}/providers/Microsoft.Compute/virtualMachines/backupStatus",
        f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm/restart",
        f"{LOCATIONS}/backupStatus/more",
        f"{LOCATIONS}/backupStatus/../backupCrossRegionRestore",
        f"{LOCATIONS}/backupCrossRegionRestore?x=/backupStatus",
        f"{SUBSCRIPTION}/providers/Microsoft.ResourceGraph/resources",
        f"{NIC}/effectiveRouteTable/x",
        "/providers/XMicrosoftYResourceGraph/resources",
    ],
)
def test_posts_that_look_like_them_are_not(path: str) -> None:
    """Whole paths are compared, not their ends."""
    assert not is_read_only("POST", f"{ARM}{path}")


def test_each_named_post_says_what_it_is() -> None:
    """The list is documentation as well."""
    assert len(READ_ONLY_POSTS) == len({post.name for post in READ_ONLY_POSTS}) == 6


def test_a_redirect_cannot_lead_to_a_write(make_scripted: MakeScripted) -> None:
    """The refusal stands behind everything in the pipeline that could send something else."""
    scripted = make_scripted(read_only=True)
    to_write = scripted.reply(status=307, headers={"Location": f"{ARM}{GROUP}?x=1"})
    lock = GROUP.child("providers", "Microsoft.Authorization", "locks", "l")

    with pytest.raises(ReadOnlyError):
        scripted.play(to_write, scripted.reply()).locks.delete_lock(lock)

    assert [] == scripted.transport.sent


def test_no_resource_provider_is_registered_unasked(make_scripted: MakeScripted) -> None:
    """The SDK's own pipeline would send a POST that no plan has shown."""
    scripted = make_scripted(retry_total=0)
    unregistered = {
        "error": {
            "code": "MissingSubscriptionRegistration",
            "message": "The subscription is not registered to use namespace 'Microsoft.Compute'.",
        }
    }
    groups = scripted.play(scripted.reply(status=409, body=unregistered)).groups

    with pytest.raises(Exception, match="MissingSubscriptionRegistration") as caught:
        groups.list_groups()

    assert ["GET"] == [sent.method for sent in scripted.transport.sent]
    assert "az provider register" in getattr(caught.value, "advice", "")


def test_the_tool_names_itself(scripted: Scripted) -> None:
    """Azure's logs show which requests are azremedy's."""
    scripted.play(scripted.reply(body={"value": []})).groups.list_groups()

    assert scripted.transport.sent[0].headers["user-agent"].startswith("azremedy/")


def test_the_clock_is_azures(scripted: Scripted) -> None:
    """The Date of an answer sets it, however wrong the local clock is."""
    local = Fixed(datetime(2026, 1, 1, tzinfo=UTC))
    clock = AzureClock(local)
    transport = scripted.transport
    transport.play(
        scripted.reply(body={"value": []}, headers={"Date": "Fri, 20 Nov 2026 08:00:00 GMT"})
    )
    credential = scripted.session._credential  # noqa: SLF001 - any credential will do

    with Session(credential, transport=transport, clock=clock) as session:
        session.subscriptions.list_subscriptions()

        assert datetime(2026, 11, 20, 8, tzinfo=UTC) == session.clock.now()
    local.time += timedelta(seconds=90)
    assert datetime(2026, 11, 20, 8, 1, 30, tzinfo=UTC) == clock.now()
    assert clock.offset > timedelta(days=300)


def test_the_clock_does_not_go_back_within_a_second() -> None:
    """A Date has whole seconds: an answer that agrees with the clock changes nothing."""
    local = Fixed(datetime(2026, 1, 1, tzinfo=UTC))
    clock, seen = AzureClock(local), list[datetime]()

    for second in ("00", "00", "01", "01", "02"):
        clock.observe(f"Fri, 20 Nov 2026 08:00:{second} GMT")
        seen.append(clock.now())
        local.time += timedelta(seconds=0.4)

    assert sorted(set(seen)) == seen
    assert seen[-1] < datetime(2026, 11, 20, 8, 0, 3, tzinfo=UTC)


def test_a_local_clock_that_is_right_stays() -> None:
    """Its fractions of a second are worth more than a Date's whole ones."""
    local = Fixed(datetime(2026, 11, 20, 8, 0, 0, 700_000, tzinfo=UTC))
    clock = AzureClock(local)

    clock.observe("Fri, 20 Nov 2026 08:00:00 GMT")

    assert timedelta(0) == clock.offset


def test_a_clock_that_is_ahead_is_put_back() -> None:
    """By as much as the answer's second is away."""
    local = Fixed(datetime(2026, 11, 20, 8, 0, 1, tzinfo=UTC))
    clock = AzureClock(local)

    clock.observe("Fri, 20 Nov 2026 08:00:00 GMT")

    assert timedelta(seconds=-1) == clock.offset


@pytest.mark.parametrize("date", ["", "yesterday", "Fri, 20 Nov 2026 08:00:00 -0000"])
def test_what_is_no_date_leaves_the_clock_alone(date: str) -> None:
    """Garbage and times without a zone are passed over."""
    clock = AzureClock(Fixed(datetime(2026, 1, 1, tzinfo=UTC)))

    clock.observe(date)

    assert timedelta(0) == clock.offset


def test_sleeping_is_the_local_clocks_matter() -> None:
    """The offset changes nothing about durations."""
    local = Fixed(datetime(2026, 1, 1, tzinfo=UTC))

    AzureClock(local).sleep(1.5)
    SystemClock().sleep(0)

    assert 1.5 == local.slept
    assert timedelta(0) == SystemClock().now().utcoffset()


def test_a_wait_within_the_limit_is_waited_out(make_scripted: MakeScripted) -> None:
    """The SDK's own retry does it, through the transport."""
    scripted = make_scripted(longest_wait=timedelta(seconds=60))
    throttled = scripted.reply(status=429, headers={"Retry-After": "60"})

    scripted.play(throttled, scripted.reply(body={"value": []})).groups.list_groups()

    assert [60] == scripted.transport.slept


def test_a_wait_beyond_the_limit_is_an_error_at_once(make_scripted: MakeScripted) -> None:
    """Nothing is repeated, nobody sleeps, and Azure's facts are kept."""
    scripted = make_scripted(longest_wait=timedelta(seconds=60))
    body = {"error": {"code": "ResourceRequestsThrottled", "message": "later"}}
    throttled = scripted.reply(status=429, headers={"Retry-After": "61"}, body=body)

    with pytest.raises(ThrottledError) as caught:
        scripted.play(throttled).groups.list_groups()

    assert [] == scripted.transport.slept
    assert 1 == len(scripted.transport.sent)
    assert caught.value.answer is not None
    assert timedelta(seconds=61) == caught.value.answer.retry_after
    assert "ResourceRequestsThrottled" == caught.value.answer.code
