"""Save from a journal that cannot be read what somebody needs to know in any case."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from azremedy.domain.resources import ManagementLock
from azremedy.engine.journal import JOURNAL
from azremedy.wire import WireError, from_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableRun:
    """A run of which nobody knows what it did: its journal cannot be read to the end."""

    run_id: str
    """Names the run and its folder."""
    journal: str
    """The journal's path."""
    why: str
    """What is wrong with it."""
    written_at: datetime
    """When it was written last, by its lines and by the file's own time: the later of both."""
    locks: tuple[ManagementLock, ...] = ()
    """Every lock in the lines that can be read: it may be off."""
    state: Literal["unreadable"] = "unreadable"


def tell_unreadable(folder: Path, why: str) -> UnreadableRun:
    """Tell of a run whose journal cannot be read; entries of a newer version are lines as well."""
    documents = _list_documents(folder / JOURNAL)
    locks = {lock.id: lock for document in documents for lock in _list_locks(document)}
    return UnreadableRun(
        run_id=folder.name,
        journal=str(folder / JOURNAL),
        why=why,
        written_at=max(_find_time(folder), *map(_tell_time, documents)),
        locks=tuple(locks.values()),
    )


def _list_documents(path: Path) -> tuple[dict[str, Any], ...]:
    try:
        lines = path.read_bytes().splitlines()
    except OSError:
        return ()
    documents = map(_load, lines)
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


def _find_time(folder: Path) -> datetime:
    """Give the time of the journal; of its folder, where others may not look into that."""
    for path in (folder / JOURNAL, folder):
        try:
            return datetime.fromtimestamp(path.stat().st_mtime, UTC)
        except OSError:
            continue
    return datetime.max.replace(tzinfo=UTC)


def _tell_time(document: dict[str, Any]) -> datetime:
    try:
        told = datetime.fromisoformat(document["at"])
    except (LookupError, TypeError, ValueError):
        return datetime.min.replace(tzinfo=UTC)
    return told if told.tzinfo is not None else told.replace(tzinfo=UTC)
