"""A world with a connection whose plans heed earlier runs' journals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from azremedy import api
from azremedy.api.connect import connect_app
from tests.support.stages import JOB_TYPE, SUBSCRIPTION, Stage, built_in, names, open_stage

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.domain.plan import Plan
    from azremedy.domain.remedies import Remedy
    from azremedy.domain.run import Run
    from azremedy.sandbox.scenario import Scenario

WEB = names("web-1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A world, and a connection to it whose plans heed the journals of one folder."""

    stage: Stage
    azure: api.Azure

    def back_up(self, **options: Any) -> Plan:
        """Plan `backup-now`."""
        return api.plan_backup(self.azure, WEB, api.BackupOptions(**options))

    def fix(self, *remedies: Remedy, **options: Any) -> Plan:
        """Plan `fix` with these remedies allowed."""
        allowed = frozenset(remedies)
        return api.plan_fix(self.azure, WEB, api.FixOptions(allowed=allowed, **options))

    def apply(self, plan: Plan) -> Run:
        """Carry a plan out."""
        return api.apply(self.azure, plan)

    def wait(self, **time: float) -> None:
        """Let time pass."""
        self.stage.world.clock.advance(timedelta(**time).total_seconds())

    def forget_jobs(self) -> None:
        """Let the service list no job any more, as for a while after each request."""
        for job in self.stage.documents(JOB_TYPE):
            self.stage.world.documents.remove(job["id"])


def open_desk(folder: Path, what: str | Scenario, journals: Path | None = None) -> Desk:
    """Open a world; its journals are those of another desk where a folder is given."""
    folder.mkdir(exist_ok=True)
    stage = open_stage(folder, what)
    state = journals or stage.state
    return Desk(stage=stage, azure=connect_app(stage.app, SUBSCRIPTION, state_folder=state))


def scripted(name: str, *outcomes: str) -> Scenario:
    """Give a scenario whose backups end as told."""
    base = built_in(name)
    return replace(base, backup=replace(base.backup, outcome=outcomes))
