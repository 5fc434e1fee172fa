"""Part a plan among processes: by subscription, because Azure limits each subscription alone."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from azremedy.domain.steps import DeleteLock

if TYPE_CHECKING:
    from azremedy.domain.plan import Plan

_SHARD = re.compile(r"(\d{1,6})/(\d{1,6})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """One of several parts."""

    index: int
    """Which one, from 1."""
    count: int
    """How many there are."""

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"


def parse_shard(text: str) -> Shard:
    """Read ``2/8``: the second of eight.

    Raises:
        ValueError: it is none.
    """
    found = _SHARD.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"'{text}' is not a shard, such as 2/8")
    shard = Shard(index=int(found[1]), count=int(found[2]))
    if not 1 <= shard.index <= shard.count:
        raise ValueError(f"'{text}': shards are numbered from 1 to {shard.count}")
    return shard


def take_shard(plan: Plan, shard: Shard) -> Plan:
    """Give a shard's part of a plan: the same for everybody who asks, and all parts are the whole.

    A subscription is never split: what its VMs share, such as a lock, they share in one process.
    Subscriptions go to the shard with the fewest targets so far, the largest first. Steps keep
    their numbers.
    """
    own = _assign(plan, shard.count)[shard.index - 1]
    targets = tuple(each for each in plan.targets if each.target.subscription_id.lower() in own)
    lent = {
        planned.step.lock.id
        for target in targets
        for planned in target.steps
        if isinstance(planned.step, DeleteLock)
    }
    request = plan.request and replace(
        plan.request,
        targets=tuple(each for each in plan.request.targets if each.subscription_id.lower() in own),
    )
    return replace(
        plan,
        targets=targets,
        restores=tuple(each for each in plan.restores if each.step.target in lent),
        request=request,
    )


def _assign(plan: Plan, count: int) -> list[set[str]]:
    sizes = Counter(target.target.subscription_id.lower() for target in plan.targets)
    asked = plan.request.targets if plan.request else ()
    sizes.update({each.subscription_id.lower(): 0 for each in asked})
    shards: list[set[str]] = [set() for _ in range(count)]
    loads = [0] * count
    for subscription in sorted(sizes, key=lambda each: (-sizes[each], each)):
        least = loads.index(min(loads))
        shards[least].add(subscription)
        loads[least] += sizes[subscription]
    return shards
