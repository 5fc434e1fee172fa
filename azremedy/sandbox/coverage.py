"""Say what the sandbox emulates: one row for each operation, from the routes themselves.

How an operation is followed, where its state is kept and whence its answers are known is the same
for all operations of a resource type; so it is written down by type here, and by the longest
prefix of a route's type a row is found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azremedy.sandbox import operation_routes
from azremedy.sandbox.providers import ROUTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azremedy.sandbox.routing import Route

_RECORDED = "recorded Azure traffic, 2018-2024"
_DOCUMENTS = "learn.microsoft.com/rest/api"


@dataclass(frozen=True, slots=True, kw_only=True)
class Emulation:
    """What is emulated of a resource type."""

    state: str
    """What is kept, and what changes it."""
    refusals: str
    """Which errors of its own it answers, beside those of ARM's gates."""
    followed: str
    """How its long-running operations are followed; empty where there are none."""
    source: str
    """Whence the answers are known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One operation with what is emulated of it."""

    method: str
    """The verb."""
    template: str
    """The path."""
    type: str
    """The resource type that its path is about, in lower case."""
    emulation: Emulation | None
    """None when nobody wrote it down."""


_COMPUTE = "Azure-AsyncOperation; DELETE and POST also Location with monitor=true"
_NETWORK = "Azure-AsyncOperation; DELETE also Location"
_VAULT = "Azure-AsyncOperation and Location beneath the resource; vault's backupOperations"


def _about(
    state: str, source: str = _RECORDED, *, refusals: str = "404", followed: str = ""
) -> Emulation:
    return Emulation(state=state, refusals=refusals, followed=followed, source=source)


EMULATED = {
    "": _about("tenant, subscriptions and their regions, from the scenario"),
    "microsoft.authorization": _about(
        "the caller's grants as assignments and definitions; stored denials", _DOCUMENTS
    ),
    "microsoft.authorization/locks": _about(
        "locks at every level; they forbid at once or after lockRelease",
        refusals="400 InvalidLockLevel, 404 LockNotFound",
    ),
    "microsoft.resources": _about("tags of a resource, merged or replaced", _DOCUMENTS),
    "microsoft.resources/resourcegroups": _about(
        "groups with all that is in them",
        refusals="404, 409 ResourceGroupDeletionBlocked at the end",
        followed="Location, 202 until 200",
    ),
    "{namespace}": _about("which resource providers are registered; registering takes time"),
    "{provider}": _about("operations under way, as their services let them be followed"),
    "microsoft.resourcegraph": _about(
        "a subset of KQL over the world as it stood resourceGraphLag ago", _DOCUMENTS
    ),
    "microsoft.compute": _about("operations under way"),
    "microsoft.compute/virtualmachines": _about(
        "power, provisioning and agent states, which actions and time change",
        refusals="404, 409 OperationNotAllowed, VMAgentStatusCommunicationError",
        followed=_COMPUTE,
    ),
    "microsoft.compute/virtualmachines/extensions": _about(
        "extensions and their reports; without an agent an operation hangs and fails",
        refusals="409 OperationNotAllowed, VMAgentStatusCommunicationError",
        followed=_COMPUTE,
    ),
    "microsoft.compute/restorepointcollections": _about(
        "collections, points and the snapshots that points name",
        refusals="400 InvalidParameter, 404, 409 PropertyChangeNotAllowed",
        followed=_COMPUTE,
    ),
    "microsoft.compute/disks": _about("disks, stored or written from their machines"),
    "microsoft.network": _about(
        "security groups, networks, tables and interfaces with their parts",
        refusals="400 for impossible rules, 404, 400 InUse…",
        followed=_NETWORK,
    ),
    "microsoft.keyvault/vaults": _about("vaults and access policies, which decide on backups"),
    "microsoft.recoveryservices/vaults": _about("vaults and their settings"),
    "microsoft.recoveryservices/vaults/backupjobs": _about(
        "jobs with their tasks, moved by the world's clock",
        refusals="400 for bad filters, 404, 429 ResourceRequestsThrottled",
        followed=_VAULT,
    ),
    "microsoft.recoveryservices/vaults/backupfabrics": _about(
        "containers, protected items with their health, recovery points",
        refusals="400 BMSUserErrorInvalidInput, 404",
        followed=_VAULT,
    ),
    "microsoft.recoveryservices/locations": _about("whether a machine is protected, and where"),
}
"""What is emulated, by lower-cased resource type; a type beneath another is like that one."""


def rows() -> Iterator[Row]:
    """Give every operation, in the order of its path."""
    for route in sorted((*ROUTES, *operation_routes.ROUTES), key=_order):
        kind = type_of(route.template)
        yield Row(
            method=route.method,
            template=route.template,
            type=kind,
            emulation=_found(kind),
        )


def type_of(template: str) -> str:
    """Name the resource type that a path is about: the last provider's types in turn."""
    segments = [part.lower() for part in template.strip("/").split("/")]
    if "providers" not in segments[:-1]:
        return "microsoft.resources/resourcegroups" if "resourcegroups" in segments else ""
    tail = segments[len(segments) - segments[::-1].index("providers") :]
    return "/".join([tail[0], *(part for part in tail[1::2] if "{" not in part)])


def table() -> str:
    """Write the rows as a table in Markdown."""
    head = ("operation", "state", "refusals", "followed by", "source")
    lines = [" | ".join(head), " | ".join("---" for _ in head)]
    lines += [" | ".join(_cells(row)) for row in rows()]
    return "\n".join(f"| {line} |" for line in lines) + "\n"


def _cells(row: Row) -> tuple[str, ...]:
    about = row.emulation or _about("")
    name = f"`{row.method} {row.template}`"
    return (name, about.state, about.refusals, about.followed, about.source)


def _order(route: Route) -> tuple[str, str]:
    return (route.template.lower(), route.method)


def _found(kind: str) -> Emulation | None:
    while kind and kind not in EMULATED:
        kind = kind.rpartition("/")[0]
        if not kind:
            return None
    return EMULATED[kind]
