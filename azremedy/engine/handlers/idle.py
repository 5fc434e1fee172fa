"""Look once more, right before a change, that no job works on the VM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.gateways.backup import JobFilter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azremedy.domain.resources import BackupJob
    from azremedy.domain.steps import ItemRef
    from azremedy.engine.handlers.base import Tools
    from azremedy.ids import ResourceId


def find_running_job(items: Iterable[ItemRef], tools: Tools) -> BackupJob | None:
    """Find a job of one of the items that has not ended."""
    for item in items:
        vault_id = vault_of(item.item_id)
        for job in tools.gateways(vault_id).backup.list_jobs(vault_id, JobFilter()):
            if job.running and job.container_name.lower() == item.container_name.lower():
                return job
    return None


def vault_of(item_id: ResourceId) -> ResourceId:
    """Give the vault of a protected item."""
    return item_id.parent.parent.parent
