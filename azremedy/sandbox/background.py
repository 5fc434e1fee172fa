"""Keep an asynchronous server going in a thread while the caller goes on."""

from __future__ import annotations

import asyncio
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractAsyncContextManager

T = TypeVar("T")


@contextmanager
def in_thread(opened: Callable[[], AbstractAsyncContextManager[T]]) -> Iterator[T]:
    """Enter an asynchronous context in a thread of its own, and leave it there at the end.

    What goes wrong in the thread is raised here, while entering or when leaving.
    """
    entered: Future[T] = Future()
    stop: Future[None] = Future()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandbox") as pool:
        work = pool.submit(lambda: asyncio.run(_hold(opened, entered, stop)))
        try:
            both: set[Future[Any]] = {entered, work}
            wait(both, return_when=FIRST_COMPLETED)
            if not entered.done():
                work.result()
            yield entered.result()
        finally:
            stop.set_result(None)
        work.result()


async def _hold(
    opened: Callable[[], AbstractAsyncContextManager[T]], entered: Future[T], stop: Future[None]
) -> None:
    async with opened() as value:
        entered.set_result(value)
        await asyncio.wrap_future(stop)
