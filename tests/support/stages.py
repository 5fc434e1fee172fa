"""Set a world up, hold it while the engine works on it, and look at what became of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from azremedy import api
from azremedy.api.connect import connect_app
from azremedy.domain.steps import AddVaultAccess, RemoveVaultAccess
from azremedy.sandbox import App, World, scenario
from azremedy.sandbox.http import Request
from azremedy.sandbox.recorder import Recorder
from azremedy.sandbox.scenario import Fault, FaultAnswer, Grant, Match, Scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from azremedy.domain.events import Event
    from azremedy.domain.plan import Plan
    from azremedy.domain.run import Run
    from azremedy.domain.steps import Step

Json: TypeAlias = Any
"""An ARM document."""

SUBSCRIPTION = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"
OTHER_SUBSCRIPTION = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a002"
ROOT = f"/subscriptions/{SUBSCRIPTION}"

COLLECTION_TYPE = "Microsoft.Compute/restorePointCollections"
EXTENSION_TYPE = "Microsoft.Compute/virtualMachines/extensions"
ITEM_TYPE = "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems"
JOB_TYPE = "Microsoft.RecoveryServices/vaults/backupJobs"
LOCK_TYPE = "Microsoft.Authorization/locks"
POINT_TYPE = f"{COLLECTION_TYPE}/restorePoints"
VM_TYPE = "Microsoft.Compute/virtualMachines"

DELETE_COLLECTION = Match(method="DELETE", path="*/restorePointCollections/*")
DELETE_EXTENSION = Match(method="DELETE", path="*/extensions/*")
DELETE_LOCK = Match(method="DELETE", path="*/locks/*")
PUT_LOCK = Match(method="PUT", path="*/locks/*")
TRIGGER = Match(method="POST", path="*/protectedItems/*/backup")
POLL = Match(method="GET", path="*/operations/*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A world with a connection to it."""

    app: App
    azure: api.Azure
    exchanges: Path
    state: Path

    @property
    def world(self) -> World:
        """Give the world."""
        return self.app.world

    def apply(self, plan: Plan, listen: Callable[[Event], None] = lambda _: None) -> Run:
        """Carry a plan out with a journal of the stage's own; one made by hand was made here."""
        placed = plan if plan.origin else replace(plan, origin=self.azure.find_origin())
        return api.apply(self.azure, placed, listen=listen, state_folder=self.state)

    def writes(self) -> list[str]:
        """List the answered requests that could change something, in order."""
        return [
            f"{each['method']} {path_of(each)}".lower()
            for each in self.requests()
            if each["method"] not in {"GET", "HEAD"} and not path_of(each).endswith("backupStatus")
        ]

    def requests(self) -> list[Json]:
        """List all answered exchanges, in order."""
        if not self.exchanges.exists():
            return []
        return [json.loads(line) for line in self.exchanges.read_text().splitlines()]

    def documents(self, resource_type: str) -> list[Json]:
        """List the world's documents of a type."""
        return list(self.world.documents.of_type(resource_type))

    def count_jobs(self) -> int:
        """Count the backups that somebody asked for."""
        return sum(1 for each in self.documents(JOB_TYPE) if each["properties"].get(_ASKED_FOR))

    def has(self, resource_id: object) -> bool:
        """Say whether a resource stands."""
        return str(resource_id) in self.world.documents


_ASKED_FOR = "isUserTriggered"


def path_of(exchange: Json) -> str:
    """Give the decoded path of an exchange."""
    return Request(method=exchange["method"], url=exchange["url"]).path


@cache
def built_in(name: str) -> Scenario:
    """Load a built-in scenario, once: reading YAML is slow."""
    return scenario.load(name)


def open_stage(
    folder: Path,
    what: str | Scenario,
    *,
    subscription: str = SUBSCRIPTION,
    page_size: int = 20,
) -> Stage:
    """Open a world by a scenario's name, or of a scenario that was changed."""
    chosen = built_in(what) if isinstance(what, str) else what
    exchanges = folder / "exchanges.jsonl"
    exchanges.unlink(missing_ok=True)
    app = App(
        World(chosen, page_size=page_size), recorder=Recorder(exchanges, cassette=chosen.name)
    )
    return Stage(
        app=app,
        azure=connect_app(app, subscription),
        exchanges=exchanges,
        state=folder / "journals",
    )


def with_resources(base: Scenario, *documents: Json) -> Scenario:
    """Add documents to a scenario."""
    return replace(base, resources=(*base.resources, *documents))


def without_resources(base: Scenario, *fragments: str) -> Scenario:
    """Take the documents away whose ids hold one of the fragments."""
    kept = [each for each in base.resources if not any(part in each["id"] for part in fragments)]
    return replace(base, resources=tuple(kept))


def changed(base: Scenario, fragment: str, properties: Json) -> Scenario:
    """Change properties of the documents whose ids end with a text."""
    return replace(
        base,
        resources=tuple(
            {**each, "properties": {**each["properties"], **properties}}
            if each["id"].endswith(fragment)
            else each
            for each in base.resources
        ),
    )


def with_faults(base: Scenario, *faults: Fault) -> Scenario:
    """Add trouble to a scenario."""
    return replace(base, faults=(*base.faults, *faults))


def answered(match: Match, status: int, *, times: int = 1, **answer: Any) -> Fault:
    """Make a fault that answers instead of Azure."""
    return Fault(match=match, answer=FaultAnswer(status=status, **answer), times=times)


def forbidding(base: Scenario, *actions: str) -> Scenario:
    """Let the caller do all but some actions."""
    return replace(base, caller=(Grant(scope="/", actions=("*",), not_actions=actions),))


def lock(scope: str, name: str, *, level: str = "CanNotDelete") -> Json:
    """Write a lock with notes and an owner."""
    return {
        "id": f"{scope}/providers/{LOCK_TYPE}/{name}",
        "properties": {
            "level": level,
            "notes": f"{name}: kept for the audit",
            "owners": [{"applicationId": "11111111-2222-3333-4444-555555555555"}],
        },
    }


def names(*vms: str, group: str | None = None) -> api.VmNames:
    """Name VMs."""
    return api.VmNames(names=vms, resource_group=group)


def kinds(plan: Plan) -> tuple[str, ...]:
    """Name the steps of a plan, in order."""
    return tuple(planned.step.kind for planned in plan.steps)


def guards_of(plan: Plan) -> tuple[str, ...]:
    """Name the guards that refuse a plan."""
    return tuple(verdict.guard for verdict in plan.refusals)


def states(run: Run) -> tuple[str, ...]:
    """Give the state of each step."""
    return tuple(result.state.value for result in run.steps)


def writes_of(steps: Sequence[Step]) -> list[str]:
    """Say which requests these steps mean, as `Stage.writes` lists them."""
    return [f"{method} {path}".lower() for step in steps for method, path in _requests_of(step)]


def _requests_of(step: Step) -> list[tuple[str, object]]:
    if step.kind in _METHODS:
        return [(_METHODS[step.kind], step.target)]
    if step.kind in _ACTIONS:
        return [("POST", f"{step.target}/{_ACTIONS[step.kind]}")]
    if isinstance(step, AddVaultAccess | RemoveVaultAccess):
        kind = "add" if isinstance(step, AddVaultAccess) else "remove"
        return [("PUT", f"{step.vault_id}/accessPolicies/{kind}")]
    assert step.kind in _SILENT, f"say in {__name__} which request {step.kind} sends"
    return []


_METHODS = {
    "DeleteLock": "DELETE",
    "DeleteExtension": "DELETE",
    "DeleteRestorePointCollection": "DELETE",
    "RemoveSecurityRule": "DELETE",
    "RemoveRoleAssignment": "DELETE",
    "CreateLock": "PUT",
    "AddSecurityRule": "PUT",
    "AddServiceEndpoint": "PUT",
    "RemoveServiceEndpoint": "PUT",
    "AddRoleAssignment": "PUT",
    "ResumeProtection": "PUT",
}
_ACTIONS = {
    "ReapplyVm": "reapply",
    "RestartVm": "restart",
    "RedeployVm": "redeploy",
    "DeallocateVm": "deallocate",
    "StartVm": "start",
    "RunGuestScript": "runCommand",
    "CancelJob": "cancel",
    "TriggerBackup": "backup",
}
"""What the other steps' targets are asked to do."""
_SILENT = frozenset(
    {"Manual", "WaitForCleanup", "WaitForIdle", "WaitForJob", "WaitForRights", "WaitForVm"}
)
"""Steps that send nothing that could change something."""


def entries_of(run: Run, folder: Path) -> list[Json]:
    """Read the journal of a run."""
    path = folder / "runs" / str(run.run_id) / "journal.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines() if line]
