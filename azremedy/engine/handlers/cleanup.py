"""Watch the backup service delete its old restore points by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from azremedy.domain.steps import WaitForCleanup
from azremedy.engine.handlers.base import Accepted, Already, Outcome, Proceed, Seen, Tools
from azremedy.engine.handlers.patient import keep_asking
from azremedy.errors import AzureError, NotFoundError

if TYPE_CHECKING:
    from azremedy.ids import ResourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanupWait:
    """Carries out ``WaitForCleanup``."""

    step: WaitForCleanup
    """The step."""
    tools: Tools
    """What it works with."""

    def observe(self) -> Seen:
        """Count the points."""
        count = self._count()
        if count < self.step.below:
            return Already(why=f"{count} restore points are left")
        return Proceed()

    def act(self) -> Accepted:
        """Nothing is sent."""
        return Accepted()

    def confirm(self) -> Accepted | None:
        """Nothing was sent, so nothing can be lost."""
        return Accepted()

    def finish(self, accepted: Accepted) -> Outcome:  # noqa: ARG002 - part of the protocol
        """Count until few enough are left."""
        give_up = self.tools.clock.now() + timedelta(seconds=self.step.timeout_s)
        told, count = -1, keep_asking(self._count, self.tools, until=give_up)
        while count >= self.step.below:
            if self.tools.clock.now() >= give_up:
                raise AzureError(
                    f"Azure Backup has not cleaned up: {count} restore points are left",
                    advice="Run 'azremedy clean-rpc --by delete' for this VM.",
                )
            if count != told:
                self.tools.progress(f"{count} restore points are there")
                told = count
            self.tools.clock.sleep(self.tools.patience.cleanup_every.total_seconds())
            count = keep_asking(self._count, self.tools, until=give_up)
        return Outcome(message=f"{count} restore points are left")

    def _count(self) -> int:
        return sum(self._count_in(collection_id) for collection_id in self.step.collection_ids)

    def _count_in(self, collection_id: ResourceId) -> int:
        compute = self.tools.gateways(collection_id).compute
        try:
            return len(compute.get_collection(collection_id).restore_points or ())
        except NotFoundError:
            return 0
