"""Read about many VMs at the same time: planning waits for Azure, not for the processor."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ItemT = TypeVar("ItemT")
MadeT = TypeVar("MadeT")

AT_ONCE = 16
"""VMs that are read about at a time; each has some reads out at once, and Azure takes 25 a second
for a subscription."""


def work_side_by_side(work: Callable[[ItemT], MadeT], items: Iterable[ItemT]) -> tuple[MadeT, ...]:
    """Give what is made of each item, in their order; after a failure no other is begun.

    Args:
        work: called in any thread; what it reads and does not give back is not kept.
        items: what to work on.

    Raises:
        Exception: the first that ``work`` raised, in the order of the items.
    """
    todo = tuple(items)
    if len(todo) <= 1:
        return tuple(map(work, todo))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return tuple(pool.map(work, todo))


def once(make: Callable[[], MadeT]) -> Callable[[], MadeT]:
    """Give what makes something when it is first asked for, also when many ask at a time."""
    guard, made = Lock(), list[MadeT]()

    def get() -> MadeT:
        with guard:
            if not made:
                made.append(make())
            return made[0]

    return get
