"""Name what stands around web-1 of the code worlds, and make plans of single steps for it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from azremedy.domain.planner.assemble import Draft, Section, assemble
from azremedy.domain.steps import ItemRef
from azremedy.engine.handlers.base import Memory, Patience, Tools
from azremedy.ids import ResourceId
from tests.support.stages import ROOT

if TYPE_CHECKING:
    from azremedy.domain.plan import Plan
    from azremedy.domain.steps import Step
    from tests.support.stages import Stage

GROUP = f"{ROOT}/resourceGroups/rg-shop/providers"
VM = ResourceId.parse(f"{GROUP}/Microsoft.Compute/virtualMachines/web-1")
VAULT = ResourceId.parse(f"{GROUP}/Microsoft.RecoveryServices/vaults/vault-shop")
OLD_VAULT = ResourceId.parse(f"{GROUP}/Microsoft.RecoveryServices/vaults/vault-old")
POLICY = VAULT.child("backupPolicies", "DefaultPolicy")
CONTAINER = "iaasvmcontainerv2;rg-shop;web-1"


def item_of(vault: ResourceId) -> ResourceId:
    """Give the item of web-1 in a vault."""
    fabric = vault.child("backupFabrics", "Azure")
    container = fabric.child("protectionContainers", f"IaasVMContainer;{CONTAINER}")
    return container.child("protectedItems", f"VM;{CONTAINER}")


def ref(vault: ResourceId) -> ItemRef:
    """Name the item of web-1 in a vault as its jobs do."""
    return ItemRef(item_id=item_of(vault), container_name=CONTAINER)


def plan_of(*steps: Step) -> Plan:
    """Make a plan of some steps for web-1."""
    drafts = tuple(Draft(step=step, reason="for the test") for step in steps)
    made = datetime(2026, 11, 20, 8, tzinfo=UTC)
    section = Section(target=VM, drafts=drafts)
    return assemble("fix", (section,), created_at=made, tool_version="0")


def tools_of(stage: Stage, *, reading: bool = False) -> Tools:
    """Give what a handler works with."""
    session = stage.azure.reader if reading else stage.azure.open_writer()
    return Tools(session=session, memory=Memory(), progress=lambda _: None, patience=Patience())
