"""Find the journals that were written lately, and leave the others unread where that is sure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azremedy.engine.store import KeptJournal, ListedRun, Shelf

MARGIN = timedelta(hours=1)
"""By how much two clocks may differ before a journal is left unread that should be read."""
_LAST = re.compile(rb'\{"entry": "[a-z]+", "at": "([0-9T:.+Z-]+)"')


def fetch_since(
    store: Shelf, since: datetime, *, rehearsals: bool = False
) -> tuple[KeptJournal, ...]:
    """Fetch the journals that may have been written since then, the newest run's first.

    A run that began long before is among them when it was taken up later.

    Args:
        store: where they are kept.
        since: a time of Azure's, or of a rehearsal's world.
        rehearsals: whether it is a world's, which what keeps the journals knows nothing of: then
            only the times in their lines count.
    """
    listed = store.list_runs()
    names = [each.run_id for each in listed if rehearsals or _may_tell(each, since)]
    return tuple(
        kept
        for kept in store.fetch(reversed(names))
        if _was_written(kept, since, rehearsals=rehearsals)
    )


def _may_tell(listed: ListedRun, since: datetime) -> bool:
    """Say whether a run may have written since then, before its journal is read."""
    if listed.written_at is None or _began(listed.run_id, since):
        return True
    return listed.written_at >= since - MARGIN


def _began(run_id: str, since: datetime) -> bool:
    """Say whether a run may have begun since then: it is named by when it did."""
    return run_id >= f"{since - MARGIN:%Y%m%dT%H%M%SZ}"


def _was_written(kept: KeptJournal, since: datetime, *, rehearsals: bool) -> bool:
    """Say whether a journal may have been written since then; its last line is read and no more.

    Two clocks tell: of what keeps it, and Azure's in its lines.
    """
    if not rehearsals and kept.written_at >= since - MARGIN:
        return True
    if kept.trouble:
        return _began(kept.run_id, since)
    told = _tell_last(kept.content)
    return told is None or told >= since - MARGIN


def _tell_last(content: bytes) -> datetime | None:
    """Tell the time in a journal's last line; ``None`` where it is cut off or damaged."""
    line = content.rstrip(b"\0\r\n ").rpartition(b"\n")[2]
    if (told := _LAST.match(line)) is None:
        return None
    try:
        at = datetime.fromisoformat(told[1].decode())
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
