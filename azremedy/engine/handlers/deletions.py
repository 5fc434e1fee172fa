"""Follow a deletion to its end, and tell "not yet" from "not at all"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.engine.handlers.patient import keep_asking
from azremedy.errors import AzureError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from azremedy.engine.handlers.base import Accepted, Tools
    from azremedy.ids import ResourceId


def follow_deletion(accepted: Accepted, tools: Tools) -> bool:
    """Follow a deletion; say whether it ended before patience did.

    Raises:
        AzureError: the deletion failed, or could not be followed.
    """
    patience, operation = tools.patience.delete, accepted.operation
    if operation is None:
        return True
    keep_asking(
        lambda: operation.wait(timeout_s=patience.total_seconds(), pause=tools.clock.sleep),
        tools,
        until=tools.clock.now() + patience,
    )
    return operation.finished()


def wait_until_gone(
    is_there: Callable[[], bool], tools: Tools, *, within: timedelta | None = None
) -> bool:
    """Say whether a thing disappears within the minutes that Azure's reads may lag behind.

    Args:
        is_there: looks for it.
        tools: what the handler works with.
        within: another time, for a deletion that cannot be followed otherwise.

    Raises:
        AzureError: when the last look got no answer.
    """
    give_up = tools.clock.now() + (within or tools.patience.gone)
    while keep_asking(is_there, tools, until=give_up):
        if tools.clock.now() >= give_up:
            return False
        tools.clock.sleep(tools.patience.gone_every.total_seconds())
    return True


def still_deleting(target: ResourceId) -> AzureError:
    """Make the error for a deletion that goes on in Azure after patience has ended."""
    return AzureError(
        f"Azure is still deleting {target}",
        advice="The deletion goes on in Azure. Run the command again later: it sees how far it is.",
    )
