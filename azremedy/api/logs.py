"""Keep the logs that scripts read inside VMs, in a local archive for its owner alone."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from azremedy.domain.guest_scripts import COLLECT_LOGS
from azremedy.domain.steps import RunGuestScript
from azremedy.errors import UsageError
from azremedy.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from azremedy.domain.run import Run, StepResult

_FILE = "file="
"""Behind it the script names the file whose end it printed."""
_OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """The end of one log."""

    name: str
    """Its name in an archive: the VM's group and name, then the file's path."""
    text: str
    """What was read of it."""
    read_at: datetime | None
    """Azure's time after it was read."""


def list_logs_of(run: Run) -> tuple[Log, ...]:
    """List the logs that a run read, each once; a place that holds no file gives none."""
    results = {result.number: result for result in run.steps}
    found = (
        log
        for planned in run.plan.steps
        if isinstance(planned.step, RunGuestScript) and planned.step.script == COLLECT_LOGS
        for log in _find_log(planned.step, results[planned.number])
    )
    return tuple({log.name: log for log in found}.values())


def check_archive(path: Path) -> None:
    """Refuse a path that cannot become an archive, before anything is asked of Azure.

    Raises:
        UsageError: something is there already, or its folder is not.
    """
    if path.exists():
        raise UsageError(f"'{path}' exists already", advice="Name a file that does not.")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"There is no folder for '{path}'", advice="Make it first.")


def save_logs(run: Run, path: Path) -> tuple[Log, ...]:
    """Write a run's logs into a new archive that only its owner can read, and list them.

    Raises:
        UsageError: the file cannot be made.
    """
    logs = list_logs_of(run)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        with os.fdopen(handle, "wb") as file, ZipFile(file, "w", ZIP_DEFLATED) as archive:
            for log in logs:
                archive.writestr(_describe(log), log.text)
    except OSError as error:
        raise UsageError(f"'{path}' cannot be written: {error.strerror}") from error
    return logs


def _find_log(step: RunGuestScript, result: StepResult) -> Iterator[Log]:
    printed, _, _ = result.output.partition("\n[stderr]\n")
    text, found, file = printed.rpartition(_FILE)
    if found and file.strip():
        where = (step.vm.id.resource_group, step.vm.id.name, *_split(file.strip()))
        yield Log(name="/".join(where), text=redact(text), read_at=result.ended_at)


def _split(file: str) -> tuple[str, ...]:
    """Take a path apart, so that no part of it can lead out of the archive."""
    parts = file.replace("\\", "/").replace(":", "").split("/")
    return tuple(part for part in parts if part not in {"", ".", ".."})


def _describe(log: Log) -> ZipInfo:
    info = ZipInfo(log.name)
    if log.read_at is not None:
        info = ZipInfo(log.name, date_time=log.read_at.timetuple()[:6])
    info.external_attr = _OWNER_ONLY << 16
    info.compress_type = ZIP_DEFLATED
    return info
