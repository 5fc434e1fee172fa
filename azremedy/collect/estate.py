"""Read the state of the backups of many subscriptions: Resource Graph first, else each service."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from azremedy.collect.estate_details import complete
from azremedy.collect.estate_graph import find_members, read_by_graph
from azremedy.collect.estate_services import read_by_services
from azremedy.collect.readers import Memo, Reader
from azremedy.domain.sightings import CountPoints
from azremedy.errors import AzremedyError, SignInError
from azremedy.gateways.graph import MOST_SUBSCRIPTIONS
from azremedy.gateways.subscriptions import Subscription

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azremedy.domain.last_jobs import SymptomReader
    from azremedy.domain.sightings import SeenSubscription
    from azremedy.gateways.session import Session

_SIDE_BY_SIDE = 4
"""Subscriptions that are read at a time: each has a budget of its own with ARM."""
_NOT_SHOWN = "Resource Graph does not show this subscription"
_FRESH = "each service was to be asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateAsked:
    """What is read."""

    subscriptions: tuple[Subscription, ...] = ()
    """The subscriptions, each once."""
    management_groups: tuple[str, ...] = ()
    """Names of management groups instead; only Resource Graph knows what is in them."""
    fresh: bool = False
    """Whether Resource Graph is left out, because it may be late."""
    points: CountPoints = CountPoints.AT_RISK
    """Whose restore points are counted."""


def collect_estate(
    session: Session, asked: EstateAsked, symptoms: SymptomReader
) -> Iterator[SeenSubscription]:
    """Give what is seen of each subscription, as soon as it is read. Changes nothing.

    What cannot be read is in each one's gaps and in its locks' gaps.

    Args:
        session: one that cannot write.
        asked: what is read.
        symptoms: names codes; a job is read by itself where it has none.

    Raises:
        SignInError: nobody can go on without signing in.
        AzremedyError: a management group cannot be asked about.
    """
    chosen = asked.subscriptions
    if asked.management_groups:
        chosen = find_members(session, asked.management_groups)
    for start in range(0, len(chosen), MOST_SUBSCRIPTIONS):
        batch = chosen[start : start + MOST_SUBSCRIPTIONS]
        yield from _collect_batch(session, batch, asked, symptoms)


def _collect_batch(
    session: Session,
    batch: tuple[Subscription, ...],
    asked: EstateAsked,
    symptoms: SymptomReader,
) -> Iterator[SeenSubscription]:
    readers = {each.id: make_reader(session, each.id) for each in batch}

    def finish(seen: SeenSubscription) -> SeenSubscription:
        return complete(readers[seen.id], seen, symptoms=symptoms, points=asked.points)

    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        yield from pool.map(finish, _read(session, batch, asked, readers))


def make_reader(session: Session, subscription_id: str) -> Reader:
    """Make what reads one subscription for the whole scan."""
    return Reader(gateways=session.subscription(subscription_id), clock=session.clock, memo=Memo())


def _read(
    session: Session,
    batch: tuple[Subscription, ...],
    asked: EstateAsked,
    readers: dict[str, Reader],
) -> list[SeenSubscription]:
    found: dict[str, SeenSubscription] = {}
    why = _FRESH if asked.fresh else _NOT_SHOWN
    if not asked.fresh:
        try:
            found = read_by_graph(session, readers, every=asked.points is CountPoints.ALL)
        except SignInError:
            raise
        except AzremedyError as error:
            why = error.summary
    rest = [each for each in batch if each.id not in found]
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        listed = pool.map(lambda each: read_by_services(readers[each.id], why=why), rest)
        found |= {seen.id: seen for seen in listed}
    return [replace(found[each.id], name=found[each.id].name or each.name) for each in batch]
