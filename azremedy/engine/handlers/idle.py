"""Look once more, right before a change, that no job works on the VM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain.jobs import is_job_of
from azremedy.domain.resources import vault_of
from azremedy.engine.handlers.base import Moved, Proceed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azremedy.domain.resources import BackupJob
    from azremedy.domain.steps import ItemRef
    from azremedy.engine.handlers.base import Seen, Tools


def find_running_job(items: Iterable[ItemRef], tools: Tools) -> BackupJob | None:
    """Find a job of one of the items that has not ended."""
    jobs = (job for item in items for job in list_jobs_of(item, tools))
    return next((job for job in jobs if job.running), None)


def look_for_job(items: Iterable[ItemRef], tools: Tools) -> Seen:
    """Say whether a change may go on: a job that has started since the plan forbids it."""
    if job := find_running_job(items, tools):
        return Moved(why=f"a {job.operation} job of this VM has started")
    return Proceed()


def list_jobs_of(item: ItemRef, tools: Tools) -> tuple[BackupJob, ...]:
    """List an item's jobs of the last days, ended ones too."""
    vault_id = vault_of(item.item_id)
    source = tools.gateways(vault_id).backup
    jobs = tools.memory.watch.list_recent(vault_id, source, tools.clock)
    return tuple(job for job in jobs if is_job_of(job, item.container_name))
