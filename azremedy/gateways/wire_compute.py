"""Read Microsoft.Compute's JSON: VMs, extensions, restore point collections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain.resources import (
    AttachedDisk,
    KeyUse,
    RestorePoint,
    RestorePointCollection,
    VirtualMachine,
    VmAgent,
    VmExtension,
)
from azremedy.gateways.wire_json import Json, moment, number, resource_id, section, sections, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from azremedy.ids import ResourceId

_POWER = "powerstate/"
_PROVISIONING = "provisioningstate/"


def parse_vm(document: Json) -> VirtualMachine:
    """Read a VM; power state, agent and extensions come from its instance view, if it is there."""
    properties = section(document, "properties")
    view = section(properties, "instanceView")
    profile = section(properties, "storageProfile")
    os_disk, image = section(profile, "osDisk"), section(profile, "imageReference")
    return VirtualMachine(
        id=resource_id(document),
        vm_id=text(properties, "vmId"),
        location=text(document, "location"),
        os_type=text(os_disk, "osType"),
        provisioning_state=text(properties, "provisioningState"),
        power_state=_power_state(view),
        provisioned_at=_provisioned_at(view),
        vm_agent=_parse_agent(view),
        extensions=(*_extensions_seen(view), *_handlers_seen(view)),
        os_name=text(view, "osName") or text(image, "offer"),
        interface_ids=_interfaces(properties),
        disks=tuple(_disks(profile)),
        key_uses=_merge(
            use for settings in _encryption(os_disk, view) for use in parse_key_uses(settings)
        ),
    )


def _interfaces(properties: Json) -> tuple[ResourceId, ...]:
    named = sections(section(properties, "networkProfile"), "networkInterfaces")
    primary_first = sorted(
        named, key=lambda each: section(each, "properties").get("primary") is not True
    )
    return tuple(map(resource_id, primary_first))


def _disks(profile: Json) -> Iterator[AttachedDisk]:
    os_disk = section(profile, "osDisk")
    for disk in (os_disk, *sections(profile, "dataDisks")):
        managed = section(disk, "managedDisk")
        if disk:
            yield AttachedDisk(
                name=text(disk, "name"),
                id=resource_id(managed) if text(managed, "id") else None,
                size_gib=number(disk, "diskSizeGB"),
                sku=text(managed, "storageAccountType"),
                os_disk=disk is os_disk,
            )


def _encryption(os_disk: Json, view: Json) -> Iterator[Json]:
    """Give every encryption setting: dual pass writes the model, single pass the instance view.

    Source: learn.microsoft.com/azure/backup/backup-azure-vms-encryption (2022-12-14).
    """
    yield section(os_disk, "encryptionSettings")
    for disk in sections(view, "disks"):
        yield from sections(disk, "encryptionSettings")


def parse_key_uses(settings: Json) -> Iterator[KeyUse]:
    """Read one encryption setting; none that is switched off needs a key."""
    if settings.get("enabled") is False:
        return
    for key, kind in (("diskEncryptionKey", "secrets"), ("keyEncryptionKey", "keys")):
        vault = section(section(settings, key), "sourceVault")
        if text(vault, "id"):
            yield KeyUse(
                vault_id=resource_id(vault), secrets=kind == "secrets", keys=kind == "keys"
            )


def _merge(uses: Iterable[KeyUse]) -> tuple[KeyUse, ...]:
    """Put the uses of one vault together."""
    merged: dict[ResourceId, KeyUse] = {}
    for use in uses:
        known = merged.get(use.vault_id, use)
        merged[use.vault_id] = KeyUse(
            vault_id=use.vault_id,
            secrets=known.secrets or use.secrets,
            keys=known.keys or use.keys,
        )
    return tuple(merged.values())


def _power_state(view: Json) -> str:
    # Statuses are told apart by their prefix; their order and number vary.
    codes = (text(status, "code") for status in sections(view, "statuses"))
    found = [code[len(_POWER) :] for code in codes if code.lower().startswith(_POWER)]
    return found[-1] if found else ""


def _provisioned_at(view: Json) -> datetime | None:
    """Read since when the VM is, or is being, provisioned as it says; the power state has no time.

    Source: recorded Azure traffic, 2018-2024.
    """
    statuses = sections(view, "statuses")
    found = [each for each in statuses if text(each, "code").lower().startswith(_PROVISIONING)]
    return moment(found[-1], "time") if found else None


def _parse_agent(view: Json) -> VmAgent | None:
    agent = section(view, "vmAgent")
    if not agent:
        return None
    status = _last(sections(agent, "statuses"))
    return VmAgent(
        version=text(agent, "vmAgentVersion"),
        status_code=text(status, "code"),
        display_status=text(status, "displayStatus"),
        message=text(status, "message"),
        reported_at=moment(status, "time"),
    )


def _last(statuses: tuple[Json, ...]) -> Json:
    return statuses[-1] if statuses else {}


def _extensions_seen(view: Json) -> tuple[VmExtension, ...]:
    return tuple(
        _seen(
            text(extension, "name"),
            handler=text(extension, "type"),
            status=_last(sections(extension, "statuses")),
            seen_in="instanceView",
        )
        for extension in sections(view, "extensions")
    )


def _handlers_seen(view: Json) -> tuple[VmExtension, ...]:
    return tuple(
        _seen(
            text(handler, "type").rpartition(".")[2],
            handler=text(handler, "type"),
            status=section(handler, "status"),
            seen_in="handlers",
        )
        for handler in sections(section(view, "vmAgent"), "extensionHandlers")
    )


def _seen(name: str, *, handler: str, status: Json, seen_in: str) -> VmExtension:
    publisher, _, handler_type = handler.rpartition(".")
    return VmExtension(
        name=name or handler_type,
        publisher=publisher,
        handler_type=handler_type,
        state=text(status, "code"),
        seen_in=seen_in,
        message=text(status, "message"),
    )


def parse_extension(document: Json) -> VmExtension:
    """Read an entry of ARM's extension list; ``name`` is free text, the handler is the type."""
    properties = section(document, "properties")
    return VmExtension(
        name=text(document, "name"),
        publisher=text(properties, "publisher"),
        handler_type=text(properties, "type"),
        state=text(properties, "provisioningState"),
        seen_in="extensions",
        id=resource_id(document),
    )


def parse_collection(document: Json) -> RestorePointCollection:
    """Read a restore point collection; without ``restorePoints`` its points were not asked for."""
    properties = section(document, "properties")
    points = properties.get("restorePoints")
    return RestorePointCollection(
        id=resource_id(document),
        location=text(document, "location"),
        source_id=text(section(properties, "source"), "id"),
        restore_points=None
        if points is None
        else tuple(map(parse_restore_point, sections(properties, "restorePoints"))),
        provisioning_state=text(properties, "provisioningState"),
    )


def parse_restore_point(document: Json) -> RestorePoint:
    """Read a restore point."""
    properties = section(document, "properties")
    return RestorePoint(
        id=resource_id(document),
        time_created=moment(properties, "timeCreated"),
        source_vm_id=text(section(properties, "sourceMetadata"), "vmId") or None,
    )
