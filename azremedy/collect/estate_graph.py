"""Read many subscriptions with a few questions to Resource Graph, and their locks with a list each.

Resource Graph leaves out, without a word, what the caller may not read; but it has a row for each
subscription that the caller can read. One without a row is read otherwise.
"""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from azremedy.collect import lists
from azremedy.collect.readers import WORKERS
from azremedy.domain.estate import ReadFrom
from azremedy.domain.scanning import LockView
from azremedy.domain.sightings import SeenSubscription
from azremedy.gateways import graph_questions as questions
from azremedy.gateways.graph import GraphScope
from azremedy.gateways.subscriptions import Subscription
from azremedy.gateways.wire_json import number, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from azremedy.collect.readers import Reader
    from azremedy.domain.evidence import Reading
    from azremedy.domain.resources import ManagementLock
    from azremedy.domain.sightings import SeenCollection
    from azremedy.gateways.session import Session
    from azremedy.gateways.wire_json import Json
    from azremedy.ids import ResourceId

RowT = TypeVar("RowT")

_MOST_GROUPS = 300
"""Groups that are named in a question; with more of them all collections are fetched."""


def find_members(session: Session, groups: tuple[str, ...]) -> tuple[Subscription, ...]:
    """List the subscriptions in management groups and beneath them, as far as they can be read.

    Raises:
        AzremedyError: as the gateway tells it; nothing else knows what is in them.
    """
    scope = GraphScope(management_groups=groups)
    return tuple(
        Subscription(id=text(row, "subscriptionId").lower(), name=text(row, "name"))
        for row in session.resource_graph.ask(questions.SUBSCRIPTIONS, scope)
    )


def read_by_graph(
    session: Session, readers: Mapping[str, Reader], *, every: bool
) -> dict[str, SeenSubscription]:
    """Read subscriptions; those that Resource Graph does not show are left out.

    Args:
        session: one that cannot write.
        readers: what reads each subscription, by its id.
        every: whether all collections are wanted, not only those that are worth a look.

    Raises:
        AzremedyError: Resource Graph cannot be asked, or its answer has holes: nothing of it is
            then used.
    """
    graph, scope = session.resource_graph, GraphScope(subscriptions=tuple(readers))
    with ThreadPoolExecutor(WORKERS) as pool:
        reading = {id_: pool.submit(lists.list_locks, reader) for id_, reader in readers.items()}
        rows = {
            text(row, "subscriptionId").lower(): row
            for row in graph.ask(questions.SUBSCRIPTIONS, scope)
        }
        sizes = _sort(
            map(questions.parse_group_size, graph.ask(questions.GROUPS, scope)),
            lambda size: size[0],
        )
        items = _sort(
            map(questions.parse_seen_item, graph.ask(questions.ITEMS, scope)),
            lambda seen: seen.item.id,
        )
        locks = {id_: future.result() for id_, future in reading.items()}
    wanted = questions.ALL_COLLECTIONS if every else _choose(sizes, locks)
    collections = _sort(
        _once(graph.ask(questions.collections(wanted), scope)), lambda seen: seen.id
    )
    at = session.clock.now()
    return {
        id_: replace(
            _begin_seen(id_, row, at=at),
            locks=locks[id_],
            items=tuple(items[id_]),
            collections=tuple(collections[id_]),
            group_sizes=tuple(sizes[id_]),
        )
        for id_, row in rows.items()
        if id_ in readers
    }


def _begin_seen(id_: str, row: Json, *, at: datetime) -> SeenSubscription:
    """Give what a subscription's own row says of it."""
    return SeenSubscription(
        id=id_,
        name=text(row, "name"),
        read_from=ReadFrom.GRAPH,
        read_at=at,
        protected=number(row, "protected") or 0,
    )


def _sort(
    rows: Iterable[RowT], place: Callable[[RowT], ResourceId]
) -> defaultdict[str, list[RowT]]:
    """Put rows by the subscription that they are in."""
    found: defaultdict[str, list[RowT]] = defaultdict(list)
    for row in rows:
        found[place(row).subscription_id.lower()].append(row)
    return found


def _once(rows: Iterable[Json]) -> Iterable[SeenCollection]:
    """Read each collection once: a VM that several vaults protect brings it up several times."""
    seen = {each.id: each for row in rows if (each := questions.parse_seen_collection(row))}
    return seen.values()


def _choose(
    sizes: Mapping[str, list[tuple[ResourceId, int]]],
    locks: Mapping[str, Reading[ManagementLock]],
) -> str:
    """Say which collections are wanted for the sake of locks."""
    held: list[ResourceId] = []
    for id_, groups in sizes.items():
        view = LockView(locks[id_].values) if id_ in locks else LockView(())
        held += [group_id for group_id, _ in groups if view.of_group(group_id)]
    return questions.held_in(held) if len(held) <= _MOST_GROUPS else questions.ALL_COLLECTIONS
