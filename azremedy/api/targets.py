"""From what a person types to whole ids; a name that fits twice is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azremedy.errors import (
    AmbiguousTargetError,
    TargetNotFoundError,
    UsageError,
    WrongResourceTypeError,
)
from azremedy.ids import RESOURCE_GROUP, VIRTUAL_MACHINE, ResourceId

if TYPE_CHECKING:
    from azremedy.api.connect import Azure
    from azremedy.domain.plan import Origin  # noqa: TC004 - wire reads no class of here

MAX_TARGETS = 20
"""Targets that one plan may have unless the caller says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VmNames:
    """VMs as they were named."""

    names: tuple[str, ...] = ()
    """Names or whole ids."""
    resource_group: str | None = None
    """The group of those that are given by name."""
    origin: Origin | None = None
    """Where the scan was made that named them; ``None`` when no scan did."""
    all_failed: bool = False
    """Whether all VMs of the connection's subscription are meant whose backup fails."""
    causes: tuple[str, ...] = ()
    """With ``all_failed``: those with one of these causes instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupNames:
    """Groups as they were named."""

    names: tuple[str, ...] = ()
    """Names or whole ids."""
    vms: VmNames = VmNames()
    """VMs whose collections' groups are meant."""
    all_groups: bool = False
    """All restore point groups of the subscription."""


def resolve_vms(azure: Azure, asked: VmNames) -> tuple[ResourceId, ...]:
    """Find the ids of VMs, each once, in the order in which they were named.

    Raises:
        MalformedIdError: for a text with slashes that is no id.
        WrongResourceTypeError: for an id that is not a VM's.
        TargetNotFoundError: when no VM has the name.
        AmbiguousTargetError: when several have; the message lists them.
        RefusedError: the scan that named them was made elsewhere.
    """
    asked = settle_names(azure, asked)
    found = (_resolve_vm(azure, name, asked.resource_group) for name in asked.names)
    return tuple(dict.fromkeys(found))


def count_named(asked: VmNames) -> int:
    """Say how many VMs are named at least; nothing is looked up.

    A name may be that of a VM whose id is given, too; what is no id is counted by nobody.
    """
    ids = {name.lower().rstrip("/") for name in asked.names if "/" in name}
    told = {each.rpartition("/")[2] for each in ids}
    bare = {name.lower() for name in asked.names if "/" not in name}
    return len(ids) + len(bare - told)


def settle_names(azure: Azure, asked: VmNames) -> VmNames:
    """Name the VMs that a scan is to find, and check that one which found them was made here.

    Raises:
        RefusedError: the scan was made in another cloud, tenant or sandbox.
        AzremedyError: the subscription cannot be scanned.
    """
    if asked.origin is None and not asked.all_failed:
        return asked
    from azremedy.api import scan  # noqa: PLC0415 - most targets are named

    if asked.origin is not None:
        scan.check_origin(azure, asked.origin)
    found = scan.find_failed(azure, asked.causes) if asked.all_failed else ()
    return VmNames(names=(*asked.names, *map(str, found)), resource_group=asked.resource_group)


def parse_group(azure: Azure, name: str) -> ResourceId:
    """Read a group's name or id.

    Raises:
        MalformedIdError: for a text with slashes that is no id.
        WrongResourceTypeError: for an id that is not a group's.
    """
    if "/" not in name:
        return ResourceId.of_group(azure.subscription_id, name)
    return _typed(name, RESOURCE_GROUP, "resource group")


def _resolve_vm(azure: Azure, name: str, group: str | None) -> ResourceId:
    if "/" in name:
        found_id = _typed(name, VIRTUAL_MACHINE, "virtual machine")
        if group is not None and found_id.resource_group.lower() != group.lower():
            raise UsageError(
                f"'{name}' is not in the resource group '{group}'", advice="Leave one out."
            )
        return found_id
    subscription_id = azure.subscription_id
    found = [
        listed.id
        for listed in azure.gateways().groups.find_vms(name)
        if group is None or listed.id.resource_group.lower() == group.lower()
    ]
    where = f"group {group} of subscription" if group else "subscription"
    if not found:
        raise TargetNotFoundError(f"There is no VM '{name}' in {where} {subscription_id}")
    if len(found) > 1:
        candidates = "\n  ".join(str(id_) for id_ in sorted(found))
        raise AmbiguousTargetError(
            f"{len(found)} VMs in {where} {subscription_id} are named '{name}':\n  {candidates}"
        )
    return found[0]


def _typed(text: str, resource_type: str, what: str) -> ResourceId:
    found = ResourceId.parse(text)
    if not found.is_type(resource_type):
        raise WrongResourceTypeError(
            f"'{text}' is the id of a {found.resource_type}, not of a {what}",
            advice=f"Give the id or the name of a {what}.",
        )
    return found
