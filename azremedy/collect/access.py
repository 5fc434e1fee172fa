"""Read the caller's rights wherever a plan needs some: each place once, side by side."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from azremedy.collect.readers import WORKERS
from azremedy.domain.evidence import Observed, Unreadable
from azremedy.domain.permissions import Access, allows, list_places
from azremedy.gateways.observing import observe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from azremedy.domain.evidence import Observation
    from azremedy.domain.needs import Need
    from azremedy.domain.permissions import Denial, Grant
    from azremedy.gateways.session import Gateways
    from azremedy.ids import ResourceId

FactT = TypeVar("FactT")


def collect_access(
    gateways: Callable[[str], Gateways],
    needs: Iterable[Need],
    *,
    object_id: str,
    known: Access | None = None,
) -> Access:
    """Read what the needs hang on, the widest place first.

    A resource is asked only where its group says no; for deny assignments a group is asked only
    where the subscription does not show them.

    Args:
        gateways: gives a subscription's gateways.
        needs: what is needed.
        object_id: the caller's object id; empty when it is not known.
        known: what was read already; it is not read again.

    Raises:
        SignInError: nobody can go on without signing in.
    """
    asked, seen = tuple(needs), known or Access(object_id=object_id)
    wide = {list_places(need.scope)[0] for need in asked}
    around = {need.scope.subscription for need in asked}
    with ThreadPoolExecutor(WORKERS) as pool:

        def read_grants(scope: ResourceId) -> Observation[tuple[Grant, ...]]:
            return _read_grants(gateways(scope.subscription_id), scope, object_id)

        def read_denials(scope: ResourceId) -> Observation[tuple[Denial, ...]]:
            return _read_denials(gateways(scope.subscription_id), scope)

        reading = _start(pool, read_denials, around - seen.denials.keys())
        grants = {**seen.grants, **dict(_start(pool, read_grants, wide - seen.grants.keys()))}
        narrow = {_narrowest(need) for need in asked if not _is_given(need, grants)}
        grants.update(_start(pool, read_grants, narrow - grants.keys()))
        denials = {**seen.denials, **dict(reading)}
        hidden = _list_hidden(asked, denials) - denials.keys()
        denials.update(_start(pool, read_denials, hidden))
        return Access(object_id=object_id, grants=grants, denials=denials)


def _start(
    pool: ThreadPoolExecutor, read: Callable[[ResourceId], FactT], scopes: Iterable[ResourceId]
) -> Iterable[tuple[ResourceId, FactT]]:
    """Begin to read at once; whoever goes through the answers waits for them."""
    ordered = sorted(scopes)
    return zip(ordered, pool.map(read, ordered), strict=True)


def _list_hidden(
    needs: Iterable[Need], denials: dict[ResourceId, Observation[tuple[Denial, ...]]]
) -> set[ResourceId]:
    """List the groups whose subscriptions do not show their deny assignments."""
    return {
        need.scope.group
        for need in needs
        if need.scope.resource_group and isinstance(denials[need.scope.subscription], Unreadable)
    }


def _narrowest(need: Need) -> ResourceId:
    return list_places(need.scope)[-1]


def _is_given(need: Need, grants: dict[ResourceId, Observation[tuple[Grant, ...]]]) -> bool:
    seen = grants[list_places(need.scope)[0]]
    return isinstance(seen, Observed) and allows(seen.value, need.action)


def _read_grants(
    gateways: Gateways, scope: ResourceId, object_id: str
) -> Observation[tuple[Grant, ...]]:
    read = gateways.permissions.list_grants
    return observe(gateways.trace, scope, lambda: read(scope, object_id=object_id))


def _read_denials(gateways: Gateways, place: ResourceId) -> Observation[tuple[Denial, ...]]:
    read = gateways.permissions.list_denials
    return observe(gateways.trace, f"deny assignments of {place}", lambda: read(place))
