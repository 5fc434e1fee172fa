"""Keep an asynchronous server going in a thread while the caller goes on."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")


@contextmanager
def in_thread(opened: Callable[[], AbstractAsyncContextManager[T]]) -> Iterator[T]:
    """Enter an asynchronous context in a thread of its own, and leave it there at the end.

    What goes wrong while entering is raised here.
    """
    entered: Future[T] = Future()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    thread = threading.Thread(
        target=_run, args=(loop, _hold(opened, entered, stop), entered), daemon=True
    )
    thread.start()
    try:
        yield entered.result()
    finally:
        # The loop is closed already when entering failed.
        if not loop.is_closed():
            loop.call_soon_threadsafe(stop.set)
        thread.join()


async def _hold(
    opened: Callable[[], AbstractAsyncContextManager[T]], entered: Future[T], stop: asyncio.Event
) -> None:
    async with opened() as value:
        entered.set_result(value)
        await stop.wait()


def _run(loop: asyncio.AbstractEventLoop, work: object, entered: Future[T]) -> None:
    try:
        loop.run_until_complete(work)  # type: ignore[arg-type] # a coroutine of any kind
    except OSError as error:
        if entered.done():
            raise
        entered.set_exception(error)
    finally:
        loop.close()
