"""Protect a paused item again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azremedy.domain import guards
from azremedy.domain.ownership import names_vm
from azremedy.domain.steps import ItemRef, ResumeProtection
from azremedy.engine.handlers.base import (
    Accepted,
    Already,
    Moved,
    Outcome,
    Proceed,
    Seen,
    Tools,
)
from azremedy.engine.handlers.idle import find_running_job
from azremedy.engine.handlers.patient import keep_asking
from azremedy.errors import AzureError, NotFoundError

if TYPE_CHECKING:
    from datetime import timedelta

    from azremedy.domain.resources import ProtectedItem

_JOB = "ConfigureBackup"
"""How the job of a change to protection is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectionResumption:
    """Carries out ``ResumeProtection``."""

    step: ResumeProtection
    """The step."""
    tools: Tools
    """What it works with."""

    def observe(self) -> Seen:
        """Look that the item still stands still, for the same VM."""
        try:
            item = self._get_item()
        except NotFoundError:
            return Moved(why="the vault has no such protected item any more")
        if item.is_scheduled_for_deferred_delete:
            return Moved(why="the protected item was deleted since the plan")
        if not names_vm(item.source_id, self.step.vm_id):
            return Moved(why=f"the protected item is of {item.source_id or 'no VM'}")
        if _is_active(item):
            return Already(why=f"the VM's protection is {item.protection_state}")
        return Proceed()

    def act(self) -> Accepted:
        """Ask for the protection."""
        changes = self.tools.gateways(self.step.item_id).backup_changes
        operation = changes.protect_vm(self.step.item_id, self.step.vm_id, self.step.policy_id)
        return Accepted(
            request_id=operation.receipt.request_id,
            correlation_id=operation.receipt.correlation_id,
            operation=operation,
        )

    def resume(self, token: str) -> Accepted:
        """Take up a protection that another process started."""
        changes = self.tools.gateways(self.step.item_id).backup_changes
        return Accepted(operation=changes.resume_protect_vm(self.step.item_id, token))

    def confirm(self) -> Accepted | None:
        """Look whether the item is protected, or a job is at it.

        Source: recorded Azure traffic, 2019-2024: a change of protection is a job of its own.
        """
        if _is_active(self._get_item()):
            return Accepted()
        running = find_running_job((self._item,), self.tools)
        underway = running is not None and running.operation == _JOB
        return Accepted(underway=True) if underway else None

    def finish(self, accepted: Accepted) -> Outcome:
        """Follow the operation to its end and see that the item is protected.

        Raises:
            AzureError: the service failed to protect it, or it is not seen to be protected.
        """
        self._follow(accepted)
        patience = self.tools.patience
        item = self._wait(patience.delete if accepted.underway else patience.gone)
        if not _is_active(item):
            raise AzureError(
                f"{self.step.item_id} is still {item.protection_state or 'not protected'}",
                advice="Look at the item in its vault, then run the command again.",
            )
        name = self.step.policy_id.name
        return Outcome(message=f"protected by the policy '{name}': {item.protection_state}")

    def _follow(self, accepted: Accepted) -> None:
        operation, patience = accepted.operation, self.tools.patience.delete
        if operation is not None:
            keep_asking(
                lambda: operation.wait(
                    timeout_s=patience.total_seconds(), pause=self.tools.clock.sleep
                ),
                self.tools,
                until=self.tools.clock.now() + patience,
            )

    def _wait(self, patience: timedelta) -> ProtectedItem:
        """Read the item until it is protected; reads may lag behind the operation a little."""
        until = self.tools.clock.now() + patience
        while True:
            item = keep_asking(self._get_item, self.tools, until=until)
            if _is_active(item) or self.tools.clock.now() >= until:
                return item
            self.tools.clock.sleep(self.tools.patience.gone_every.total_seconds())

    @property
    def _item(self) -> ItemRef:
        item_id = self.step.item_id
        return ItemRef(item_id=item_id, container_name=item_id.parent.name)

    def _get_item(self) -> ProtectedItem:
        return self.tools.gateways(self.step.item_id).backup.get_item(self.step.item_id)


def _is_active(item: ProtectedItem) -> bool:
    return not guards.check_item(item)
