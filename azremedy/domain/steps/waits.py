"""Wait for what Azure does by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from azremedy.domain.steps.base import Reversible, VmRef
from azremedy.ids import ResourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitForVm:
    """Wait until Azure has ended a change of the VM that somebody else has begun."""

    permission: ClassVar[str] = "Microsoft.Compute/virtualMachines/read"
    reversible: ClassVar[Reversible] = Reversible.NOTHING
    repeatable: ClassVar[bool] = True

    vm: VmRef
    """The VM."""
    timeout_s: int
    """Seconds after which the wait is given up."""
    kind: Literal["WaitForVm"] = "WaitForVm"

    @property
    def target(self) -> ResourceId:
        """The VM's id."""
        return self.vm.id


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitForRights:
    """Wait until Azure acts on rights that were given just before: nothing shows when it does.

    Source: learn.microsoft.com/azure/role-based-access-control/troubleshooting: up to ten minutes.
    """

    permission: ClassVar[str] = ""
    reversible: ClassVar[Reversible] = Reversible.NOTHING
    repeatable: ClassVar[bool] = True

    vm_id: ResourceId
    """The VM whose keys they are about."""
    wait_s: int
    """Seconds to wait."""
    kind: Literal["WaitForRights"] = "WaitForRights"

    @property
    def target(self) -> ResourceId:
        """The VM's id."""
        return self.vm_id
