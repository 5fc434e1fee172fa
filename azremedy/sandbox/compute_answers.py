"""Show Compute's documents as its answers do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from azremedy.sandbox import agent_reports, guest_extensions, refusals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azremedy.sandbox.http import Json
    from azremedy.sandbox.world import World

BASE = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Compute"
"""Where Compute's resources of a group stand."""
REGIONLESS = "/subscriptions/{subscription}/providers/Microsoft.Compute"
"""Where Compute lists the resources of a subscription."""


def group_id(place: Mapping[str, str]) -> str:
    """Write the id of the group that a route's parameters name."""
    return f"/subscriptions/{place['subscription']}/resourceGroups/{place['group']}"


def vm_id(place: Mapping[str, str]) -> str:
    """Write the id of the machine that a route's parameters name."""
    return f"{group_id(place)}/providers/Microsoft.Compute/virtualMachines/{place['vm']}"


def collection_id(place: Mapping[str, str]) -> str:
    """Write the id of the restore point collection that a route's parameters name."""
    base = f"{group_id(place)}/providers/Microsoft.Compute"
    return f"{base}/restorePointCollections/{place['collection']}"


def existing(world: World, document_id: str) -> Json:
    """Give a document.

    Raises:
        ArmError: 404, about the group when even that is missing.
    """
    document = world.documents.get(document_id)
    if document is not None:
        return document
    raise missing(world, document_id)


def missing(world: World, document_id: str) -> Exception:
    """Word why an id leads nowhere: the group is missing, the parent, or the resource."""
    parts = document_id.split("/")
    if "/".join(parts[:5]) not in world.documents:
        return refusals.group_not_found(parts[4])
    parent = "/".join(parts[:9])
    gone = parent if parent not in world.documents else document_id
    return refusals.resource_not_found(gone)


def shown_vm(world: World, vm: Json, *, with_view: bool) -> Json:
    """Give a machine as GET shows it: with its extensions, and its instance view when asked for."""
    properties = vm["properties"]
    view = agent_reports.shown_view(world, vm)
    properties.pop("instanceView", None)
    if with_view:
        properties["instanceView"] = view
    extensions = world.documents.of_type(guest_extensions.EXTENSION_TYPE, under=vm["id"])
    return {**vm, "resources": list(extensions)} if extensions else vm


def upper_group(document: Json) -> Json:
    """Give a document as lists of a subscription show it: with the group in upper case.

    Source: recorded Azure traffic, 2023-2024.
    """
    shouted = re.sub(
        r"(?<=/resourceGroups/)[^/]+",
        lambda match: match[0].upper(),
        document["id"],
        count=1,
        flags=re.IGNORECASE,
    )
    return {**document, "id": shouted}


def quota(*policies: str) -> dict[str, str]:
    """Write Compute's rate header; the sandbox's buckets are always nearly full."""
    text = ",".join(f"Microsoft.Compute/{policy}" for policy in policies)
    return {"x-ms-ratelimit-remaining-resource": text}
