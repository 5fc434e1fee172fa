"""Save from a journal that cannot be read what somebody needs to know in any case."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from azremedy.domain.resources import ManagementLock
from azremedy.wire import WireError, from_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azremedy.engine.store import KeptJournal


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableRun:
    """A run of which nobody knows what it did: its journal cannot be read to the end."""

    run_id: str
    """Names the run."""
    journal: str
    """The journal's path or URL."""
    why: str
    """What is wrong with it."""
    written_at: datetime
    """When it was written last, by its lines and by what keeps it: the later of both."""
    locks: tuple[ManagementLock, ...] = ()
    """Every lock in the lines that can be read: it may be off."""
    state: Literal["unreadable"] = "unreadable"


def tell_unreadable(kept: KeptJournal, why: str) -> UnreadableRun:
    """Tell of a run whose journal cannot be read; entries of a newer version are lines as well."""
    documents = _list_documents(kept.content)
    locks = {lock.id: lock for document in documents for lock in _list_locks(document)}
    return UnreadableRun(
        run_id=kept.run_id,
        journal=kept.place,
        why=why,
        written_at=max((kept.written_at, *map(_tell_time, documents))),
        locks=tuple(locks.values()),
    )


def _list_documents(content: bytes) -> tuple[dict[str, Any], ...]:
    documents = map(_load, content.splitlines())
    return tuple(document for document in documents if isinstance(document, dict))


def _load(line: bytes) -> Any:
    try:
        return json.loads(line.rstrip(b"\0"))
    except (ValueError, RecursionError):
        return None


def _list_locks(node: Any) -> Iterator[ManagementLock]:
    """List the locks in a line, wherever they stand in it."""
    if isinstance(node, list):
        for each in node:
            yield from _list_locks(each)
    elif isinstance(node, dict):
        for name, value in node.items():
            yield from (*_read_lock(name, value), *_list_locks(value))


def _read_lock(name: str, value: Any) -> tuple[ManagementLock, ...]:
    try:
        return (from_json(ManagementLock, json.dumps(value)),) if name == "lock" else ()
    except WireError:
        return ()


def _tell_time(document: dict[str, Any]) -> datetime:
    try:
        told = datetime.fromisoformat(document["at"])
    except (LookupError, TypeError, ValueError):
        return datetime.min.replace(tzinfo=UTC)
    return told if told.tzinfo is not None else told.replace(tzinfo=UTC)
