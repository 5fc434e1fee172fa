"""Hold the state of one sandbox: documents, time, operations."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from azremedy.sandbox import arm_ids, backup_service, timings, vm_settling
from azremedy.sandbox.clock import Clock
from azremedy.sandbox.documents import Documents
from azremedy.sandbox.graph_answers import GraphAnswers
from azremedy.sandbox.graph_quota import GraphQuota
from azremedy.sandbox.operations import Operations
from azremedy.sandbox.scenario import Scenario, Timing, hidden_facts
from azremedy.sandbox.tokens import TENANT

if TYPE_CHECKING:
    from azremedy.sandbox.http import Json

_NAMESPACE = uuid.UUID("6f2f6c1e-3f0e-5d59-9d0a-3a1f7d3e9c11")


@dataclass(frozen=True, slots=True)
class Ids:
    """Makes guids that are the same in every run of a scenario."""

    seed: str
    _count: Iterator[int] = field(default_factory=count)

    def new(self) -> str:
        """Give the next guid."""
        return str(uuid.uuid5(_NAMESPACE, f"{self.seed}/{next(self._count)}"))

    def of(self, name: str) -> str:
        """Give the guid that always belongs to a name in this world, however many were made."""
        return str(uuid.uuid5(_NAMESPACE, f"{self.seed}#{name.lower()}"))


class World:
    """One sandbox. Everything that reads or changes it holds `lock`."""

    def __init__(self, scenario: Scenario, *, realistic: bool = False, page_size: int = 20) -> None:
        """Set up the scenario's beginning.

        `realistic` worlds answer whole-second `Retry-After` headers, so clients wait as with Azure.
        """
        self.scenario = scenario
        self.realistic = realistic
        self.page_size = page_size
        self.lock = threading.RLock()
        self.clock = Clock(scenario.now)
        self.ids = Ids(scenario.name)
        self.documents = Documents()
        self.graph_quota = GraphQuota(self)
        self.graph_answers = GraphAnswers(self)
        self.operations = Operations(self)
        self._lingering: list[Json] = []
        self._fresh_rights: list[str] = []
        self._registrations = dict.fromkeys(map(str.lower, scenario.unregistered), "NotRegistered")
        for document in scenario.resources:
            self.documents.put(document)
        for container in _implied(scenario.resources):
            if container["id"] not in self.documents:
                self.documents.put(self._container(container))
        if "resourceGraphLag" in scenario.operations:
            self.documents.keep_past(self.clock.now)
        backup_service.take_over(self)
        vm_settling.take_over(self)

    def timing(self, name: str) -> Timing:
        """Give how long an operation takes here, and how often to ask."""
        return self.scenario.operations.get(name) or timings.DEFAULTS.get(name) or Timing()

    def registration(self, namespace: str) -> str:
        """Give the registration state of a resource provider."""
        return self._registrations.get(namespace.lower(), "Registered")

    def register(self, namespace: str) -> None:
        """Have a resource provider registered; it takes as long as `registerProvider`."""
        name = namespace.lower()
        if self.registration(name) == "NotRegistered":
            self._registrations[name] = "Registering"
            seconds = self.timing("registerProvider").seconds
            self.clock.schedule(seconds, lambda: self._registrations.update({name: "Registered"}))

    def linger(self, lock: Json) -> None:
        """Let a removed lock go on forbidding for a while, as ARM's caches do.

        Only where the scenario times `lockRelease`; elsewhere a removal takes effect at once.
        """
        timing = self.scenario.operations.get("lockRelease")
        if timing and timing.seconds:
            self._lingering.append(lock)
            self.clock.schedule(timing.seconds, lambda: self._lingering.remove(lock))

    def lingering_locks(self) -> tuple[Json, ...]:
        """Give the removed locks that still forbid."""
        return tuple(self._lingering)

    def delay_rights(self, scope: str) -> None:
        """Let rights given at a scope act after a while, as Azure's caches do.

        Only where the scenario times `rightsEffect`; elsewhere they act at once.
        """
        timing = self.scenario.operations.get("rightsEffect")
        if timing and timing.seconds:
            self._fresh_rights.append(scope)
            self.clock.schedule(timing.seconds, lambda: self._fresh_rights.remove(scope))

    def list_fresh_rights(self) -> tuple[str, ...]:
        """Give the scopes at which rights were given that do not act yet."""
        return tuple(self._fresh_rights)

    def export(self) -> Json:
        """Give the world as it stands, in the form of a scenario: time, resources, hidden facts."""
        with self.lock:
            return {
                "schema": self.scenario.schema,
                "name": self.scenario.name,
                "title": self.scenario.title,
                "now": self.clock.text(),
                "resources": list(self.documents),
                **hidden_facts(self.scenario),
            }

    def _container(self, document: Json) -> Json:
        parsed = arm_ids.parse(document["id"])
        if parsed.group:
            return group_document(parsed.text, document["location"])
        return {
            "id": parsed.text,
            "subscriptionId": parsed.subscription,
            "tenantId": TENANT,
            "displayName": f"Sandbox {parsed.subscription[:8]}",
            "state": "Enabled",
            "authorizationSource": "RoleBased",
            "subscriptionPolicies": {
                "locationPlacementId": "Public_2014-09-01",
                "quotaId": "PayAsYouGo_2014-09-01",
                "spendingLimit": "Off",
            },
        }


def group_document(group_id: str, location: str) -> Json:
    """Write a resource group with its defaults."""
    return {
        "id": group_id,
        "name": arm_ids.parse(group_id).name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": location,
        "properties": {"provisioningState": "Succeeded"},
    }


def _implied(resources: tuple[Json, ...]) -> tuple[Json, ...]:
    """Name the subscriptions and groups that the resources' ids speak of.

    A group is where its first resource is.
    """
    found: dict[str, Json] = {}
    for document in resources:
        parsed = arm_ids.parse(document["id"])
        if not parsed.subscription:
            continue
        subscription = f"/subscriptions/{parsed.subscription}"
        found.setdefault(arm_ids.key(subscription), {"id": subscription, "location": ""})
        if parsed.group:
            group = f"{subscription}/resourceGroups/{parsed.group}"
            entry = found.setdefault(arm_ids.key(group), {"id": group, "location": ""})
            entry["location"] = entry["location"] or document.get("location", "")
    return tuple(
        {**entry, "location": entry["location"] or "westeurope"} for entry in found.values()
    )
