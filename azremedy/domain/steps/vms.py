"""Mend a VM, its agent or its extensions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from azremedy.domain.guest_scripts import find_script
from azremedy.domain.steps.base import ItemRef, Reversible, VmRef
from azremedy.ids import ResourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteExtension:
    """Uninstall the backup service's snapshot extension; the next backup installs it again.

    Source: learn.microsoft.com/azure/backup/backup-azure-manage-vms.
    """

    permission: ClassVar[str] = "Microsoft.Compute/virtualMachines/extensions/delete"
    reversible: ClassVar[Reversible] = Reversible.BY_SERVICE
    repeatable: ClassVar[bool] = True

    extension_id: ResourceId
    """The extension's ARM id."""
    vm_unique_id: str
    """The VM's ``vmId``: a VM re-created under the same name is not the target."""
    state: str = ""
    """Its provisioning state in ARM's list when it was planned; empty when the list has it not."""
    agent_may_be_dead: bool = False
    """Whether it is tried although the VM, or its agent, cannot do its part."""
    idle_items: tuple[ItemRef, ...] = ()
    """Protected items for which no job may run right before the deletion."""
    kind: Literal["DeleteExtension"] = "DeleteExtension"

    @property
    def target(self) -> ResourceId:
        """The extension's id."""
        return self.extension_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ReapplyVm:
    """Have Azure apply the VM's model again: no restart, and a failed state may go.

    Source: learn.microsoft.com/troubleshoot/azure/virtual-machines, "VM stuck in failed state"
    (2021-10-04).
    """

    permission: ClassVar[str] = "Microsoft.Compute/virtualMachines/reapply/action"
    reversible: ClassVar[Reversible] = Reversible.NOTHING
    repeatable: ClassVar[bool] = True

    vm: VmRef
    """The VM."""
    kind: Literal["ReapplyVm"] = "ReapplyVm"

    @property
    def target(self) -> ResourceId:
        """The VM's id."""
        return self.vm.id


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartVm:
    """Restart the VM and wait until its agent is ready: everybody on it is thrown out."""

    permission: ClassVar[str] = "Microsoft.Compute/virtualMachines/restart/action"
    reversible: ClassVar[Reversible] = Reversible.NO
    repeatable: ClassVar[bool] = True

    vm: VmRef
    """The VM."""
    kind: Literal["RestartVm"] = "RestartVm"

    @property
    def target(self) -> ResourceId:
        """The VM's id."""
        return self.vm.id


@dataclass(frozen=True, slots=True, kw_only=True)
class RedeployVm:
    """Move the VM to another host: it restarts and loses what is on its temporary disk.

    Source: learn.microsoft.com/troubleshoot/azure/virtual-machines/redeploy-to-new-node-windows.
    """

    permission: ClassVar[str] = "Microsoft.Compute/virtualMachines/redeploy/action"
    reversible: ClassVar[Reversible] = Reversible.NO
    repeatable: ClassVar[bool] = True

    vm: VmRef
    """The VM."""
    kind: Literal["RedeployVm"] = "RedeployVm"

    @property
    def target(self) -> ResourceId:
        """The VM's id."""
        return self.vm.id


@dataclass(frozen=True, slots=True, kw_only=True)
class DeallocateVm:
    """Shut the VM down from outside and give its host back; a dynamic address may change.

    A deallocated VM is backed up without asking its guest (backup FAQ, 2025-10-27).
    """

    permission: ClassVar[str] = "Microsoft.Compute/virtualMachines/deallocate/action"
    reversible: ClassVar[Reversible] = Reversible.YES
    repeatable: ClassVar[bool] = True

    vm: VmRef
    """The VM."""
    kind: Literal["DeallocateVm"] = "DeallocateVm"

    @property
    def target(self) -> ResourceId:
        """The VM's id."""
        return self.vm.id


@dataclass(frozen=True, slots=True, kw_only=True)
class StartVm:
    """Start a VM that was deallocated: it costs money again."""

    permission: ClassVar[str] = "Microsoft.Compute/virtualMachines/start/action"
    reversible: ClassVar[Reversible] = Reversible.YES
    repeatable: ClassVar[bool] = True

    vm: VmRef
    """The VM."""
    kind: Literal["StartVm"] = "StartVm"

    @property
    def target(self) -> ResourceId:
        """The VM's id."""
        return self.vm.id


@dataclass(frozen=True, slots=True, kw_only=True)
class RunGuestScript:
    """Run one of azremedy's own scripts inside the VM with Run Command.

    Only scripts that come with azremedy are run, by their names. Azure keeps the last 4,096 bytes
    of the output, runs one script at a time and cannot cancel it.
    Source: learn.microsoft.com/azure/virtual-machines/windows/run-command (2025-08-18).
    """

    permission: ClassVar[str] = "Microsoft.Compute/virtualMachines/runCommand/action"
    repeatable: ClassVar[bool] = True

    vm: VmRef
    """The VM."""
    script: str
    """The script's name, such as ``check`` or ``update-agent``."""
    arguments: tuple[str, ...] = ()
    """Values that the script is given, in order; plain words and paths only."""
    kind: Literal["RunGuestScript"] = "RunGuestScript"

    @property
    def reversible(self) -> Reversible:
        """Whether it can be undone: what only looks changes nothing, the rest is a person's."""
        looks = not find_script(self.script).changes
        return Reversible.NOTHING if looks else Reversible.BY_HAND

    @property
    def target(self) -> ResourceId:
        """The VM's id."""
        return self.vm.id
