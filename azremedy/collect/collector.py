"""What reads one subscription for everybody."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from azremedy.collect import groups, lists
from azremedy.collect.readers import Memo, Reader
from azremedy.gateways.clock import Clock
from azremedy.gateways.session import Gateways

if TYPE_CHECKING:
    from collections.abc import Collection

    from azremedy.collect.needs import Needs
    from azremedy.domain.case import Case
    from azremedy.domain.evidence import Reading
    from azremedy.domain.resources import ManagementLock, RestorePointCollection, VirtualMachine
    from azremedy.domain.rules.base import Need
    from azremedy.domain.worlds import GroupsEvidence, OrphansEvidence, VmEvidence
    from azremedy.ids import ResourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """Reads from one subscription; use one for all VMs of a plan."""

    gateways: Gateways
    """The subscription's gateways, on a session that cannot write."""
    clock: Clock
    """Azure's clock."""
    memo: Memo = field(default_factory=Memo)
    """What was read for the whole subscription."""

    def collect_vm(self, vm_id: ResourceId, needs: Needs) -> VmEvidence:
        """Read a VM and what a command needs about it.

        Raises:
            TargetNotFoundError: when the VM does not exist.
            AzremedyError: when the VM itself cannot be read.
        """
        from azremedy.collect import vms  # noqa: PLC0415 - loads all steps

        return vms.collect_vm(self._reader, vm_id, needs)

    def collect_groups(self) -> GroupsEvidence:
        """Find the subscription's restore point groups, by names and by what is in them.

        Raises:
            AzremedyError: when the groups themselves cannot be listed.
        """
        return groups.collect_groups(self._reader)

    def collect_orphans(self) -> OrphansEvidence:
        """Find the subscription's collections whose VM is gone.

        Raises:
            SignInError: nobody can go on without signing in.
        """
        from azremedy.collect import orphans  # noqa: PLC0415 - loads all steps

        return orphans.collect_orphans(self._reader)

    def collect_case(self, vm_id: ResourceId) -> Case:
        """Read what names a VM's symptom; a VM that is gone is absent while a vault protects it.

        Raises:
            TargetNotFoundError: there is no such VM, and no vault protects one of that id.
            SignInError: nobody can go on without signing in.
        """
        from azremedy.collect import cases  # noqa: PLC0415 - loads all rules

        return cases.collect_case(self._reader, vm_id)

    def complete_case(self, case: Case, needs: Collection[Need]) -> Case:
        """Read what the rules in play look at, and nothing else.

        Raises:
            SignInError: nobody can go on without signing in.
        """
        from azremedy.collect import cases  # noqa: PLC0415 - loads all rules

        return cases.complete_case(self._reader, case, needs)

    def find_protected(self, name: str, group: str | None) -> tuple[ResourceId, ...]:
        """Find the VMs of this name that a vault protects, whether or not they still exist."""
        from azremedy.collect import backups  # noqa: PLC0415 - loads all steps

        return backups.find_protected(self._reader, name, group)

    def list_locks(self) -> Reading[ManagementLock]:
        """List all locks of the subscription, at every level."""
        return lists.list_locks(self._reader)

    def list_collections(self) -> Reading[RestorePointCollection]:
        """List all restore point collections of the subscription, without their points."""
        return lists.list_collections(self._reader)

    def get_vm(self, vm_id: ResourceId) -> VirtualMachine:
        """Read a VM with its instance view.

        Raises:
            TargetNotFoundError: when it does not exist.
            AzremedyError: when it cannot be read.
        """
        from azremedy.collect import vms  # noqa: PLC0415 - loads all steps

        return vms.get_vm(self._reader, vm_id)

    @property
    def _reader(self) -> Reader:
        return Reader(gateways=self.gateways, clock=self.clock, memo=self.memo)
