"""Copy a subscription into a scenario, to rehearse in it what is to be done to the real one.

Nothing is written to Azure: the session that reads refuses whatever could change something.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from azremedy.api.capture_asks import (
    ask_at,
    ask_collections,
    ask_extensions,
    ask_groups,
    ask_items,
    ask_jobs,
    ask_locks,
    ask_points,
    ask_policies,
    ask_subscription,
    ask_vaults,
    ask_vms,
)
from azremedy.domain import references
from azremedy.domain.evidence import Unreadable
from azremedy.domain.masking import mask
from azremedy.errors import AzremedyError, NotFoundError, PermissionDeniedError, SignInError
from azremedy.gateways.inventory import InventoryGateway

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from azremedy.api.connect import Azure
    from azremedy.gateways.inventory import Ask
    from azremedy.gateways.wire_json import Json

SCHEMA = "azremedy.sandbox/1"
"""The form of scenario that is written."""
JOBS = timedelta(days=7)
"""How far back jobs are copied."""
JOBS_IN_FULL = 100
"""How many jobs are read one by one, for their tasks: the failed and running ones before others.

The service answers about 150 reads of jobs an hour. Source: recorded Azure traffic, 2021-2023.
"""

_WORKERS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureOptions:
    """What a copy is to be like."""

    name: str = "captured"
    """The scenario's name."""
    mask: bool = False
    """Whether names, ids, addresses, notes and tags are replaced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """A copy of a subscription."""

    scenario: dict[str, Any]
    """A scenario's document, ready to be written as YAML or JSON."""
    gaps: tuple[Unreadable, ...]
    """What could not be read: the copy lacks it."""


def capture(azure: Azure, options: CaptureOptions | None = None) -> Capture:
    """Copy what azremedy works with in the connection's subscription.

    These are the subscription, its groups, locks of all levels, VMs with instance view,
    extensions, restore point collections and points, Recovery Services vaults, protected VMs,
    policies, recovery points, the jobs of the last seven days, and the network interfaces, security
    groups, subnets, route tables, disks and key vaults that these VMs name.

    Raises:
        SignInError: nobody is signed in.
        AzremedyError: the subscription itself cannot be read.
    """
    chosen = options or CaptureOptions()
    subscription_id = azure.subscription_id
    inventory = azure.gateways(subscription_id).inventory
    subscription = inventory.get_document(ask_subscription(subscription_id))
    now = azure.clock.now().astimezone(UTC)
    with ThreadPoolExecutor(_WORKERS) as pool:
        reader = _Reader(inventory=inventory, pool=pool, gaps=[])
        documents = (subscription, *_read_all(reader, subscription_id, now))
    resources = _tidy(documents)
    return Capture(
        scenario={
            "schema": SCHEMA,
            "name": chosen.name,
            "title": "A copy of a subscription" + (", masked." if chosen.mask else "."),
            "now": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "resources": list(mask(resources) if chosen.mask else resources),
        },
        gaps=tuple(reader.gaps),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """Reads side by side; what cannot be read becomes a gap."""

    inventory: InventoryGateway
    pool: ThreadPoolExecutor
    gaps: list[Unreadable]

    def lists(self, asks: Iterable[Ask]) -> tuple[Json, ...]:
        """Read several lists, each whole."""
        return self._each(asks, self.inventory.list_documents)

    def documents(self, asks: Iterable[Ask]) -> tuple[Json, ...]:
        """Read several documents; one that is gone meanwhile is left out."""
        return self._each(asks, lambda ask: (self.inventory.get_document(ask),))

    def _each(
        self, asks: Iterable[Ask], read: Callable[[Ask], tuple[Json, ...]]
    ) -> tuple[Json, ...]:
        found = self.pool.map(lambda ask: self._kept(ask, read), asks)
        return tuple(document for documents in found for document in documents)

    def _kept(self, ask: Ask, read: Callable[[Ask], tuple[Json, ...]]) -> tuple[Json, ...]:
        try:
            return read(ask)
        except SignInError:
            raise
        except NotFoundError:
            return ()
        except AzremedyError as error:
            self.gaps.append(_gap(ask, error))
            return ()


def _gap(ask: Ask, error: AzremedyError) -> Unreadable:
    action = error.action if isinstance(error, PermissionDeniedError) else None
    why = f"missing permission {action}" if action else error.summary
    return Unreadable(source=ask.path, why=why, answer=error.answer, action=action)


def _read_all(reader: _Reader, subscription_id: str, now: datetime) -> tuple[Json, ...]:
    groups = reader.lists((ask_groups(subscription_id),))
    machines = _read_machines(reader, subscription_id)
    vaults = _read_vaults(reader, subscription_id, since=now - JOBS, until=now)
    locks = reader.lists((ask_locks(subscription_id),))
    return (*groups, *machines, *vaults, *locks)


def _read_machines(reader: _Reader, subscription_id: str) -> tuple[Json, ...]:
    """Read VMs, what they name, and their restore points."""
    listed = reader.lists((ask_vms(subscription_id),))
    machines = reader.documents(ask_at(each["id"], expand="instanceView") for each in listed)
    extensions = reader.lists(ask_extensions(each["id"]) for each in machines)
    bare = reader.lists((ask_collections(subscription_id),))
    full = reader.documents(ask_at(each["id"], expand="restorePoints") for each in bare)
    named = _read_named(reader, (*machines, *extensions))
    return (*machines, *extensions, *named, *(part for each in full for part in _parts(each)))


def _read_named(reader: _Reader, documents: tuple[Json, ...]) -> tuple[Json, ...]:
    """Read the network, disks and key vaults that documents name, and what those name in turn."""
    found: list[Json] = []
    seen: set[str] = set()
    newest = documents
    while newest:
        wanted = {each.lower(): each for each in references.find(newest)}
        fresh = {key: each for key, each in wanted.items() if key not in seen}
        seen |= fresh.keys()
        newest = reader.documents(ask_at(each) for each in fresh.values())
        found.extend(newest)
    return tuple(found)


def _parts(collection: Json) -> tuple[Json, ...]:
    """Take a collection and its points apart: in a scenario each is a document of its own."""
    properties = dict(collection["properties"])
    points = properties.pop("restorePoints", ())
    return ({**collection, "properties": properties}, *points)


def _read_vaults(
    reader: _Reader, subscription_id: str, *, since: datetime, until: datetime
) -> tuple[Json, ...]:
    listed = reader.lists((ask_vaults(subscription_id),))
    # The list leaves the vaults' security settings out (recorded Azure traffic, 2024).
    vaults = reader.documents(ask_at(vault["id"]) for vault in listed)
    ids = tuple(vault["id"] for vault in listed)
    policies = reader.lists(map(ask_policies, ids))
    items = reader.lists(map(ask_items, ids))
    points = reader.lists(ask_points(item["id"]) for item in items)
    jobs = reader.lists(ask_jobs(vault_id, since=since, until=until) for vault_id in ids)
    return (*vaults, *policies, *items, *points, *_read_jobs(reader, jobs))


def _read_jobs(reader: _Reader, listed: tuple[Json, ...]) -> tuple[Json, ...]:
    """Read the jobs' tasks, errors first; jobs beyond the allowance stay as the list has them."""
    by_need = sorted(listed, key=lambda job: job["properties"].get("status") == "Completed")
    chosen, others = by_need[:JOBS_IN_FULL], by_need[JOBS_IN_FULL:]
    return (*reader.documents(ask_at(job["id"]) for job in chosen), *others)


def _tidy(documents: Iterable[Json]) -> tuple[dict[str, Any], ...]:
    """Drop what scenarios derive, doubles, and the upper case that some lists give to groups."""
    groups = {
        str(each["name"]).lower(): str(each["name"])
        for each in documents
        if str(each.get("type", "")).lower().endswith("/resourcegroups")
    }
    tidied: dict[str, dict[str, Any]] = {}
    for each in documents:
        document = {key: value for key, value in each.items() if key != "resources"}
        document["id"] = _spelled(str(each["id"]), groups)
        tidied.setdefault(document["id"].lower(), document)
    return tuple(tidied.values())


def _spelled(resource_id: str, groups: dict[str, str]) -> str:
    """Spell the group in an id as the group itself does."""
    return re.sub(
        r"(?i)(?<=/resourceGroups/)[^/]+",
        lambda match: groups.get(match[0].lower(), match[0]),
        resource_id,
        count=1,
    )
