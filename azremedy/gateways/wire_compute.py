"""Read Microsoft.Compute's JSON: VMs, extensions, restore point collections."""

from __future__ import annotations

from azremedy.domain.resources import (
    RestorePoint,
    RestorePointCollection,
    VirtualMachine,
    VmAgent,
    VmExtension,
)
from azremedy.gateways.wire_json import Json, moment, resource_id, section, sections, text

_POWER = "powerstate/"


def parse_vm(document: Json) -> VirtualMachine:
    """Read a VM; power state, agent and extensions come from its instance view, if it is there."""
    properties = section(document, "properties")
    view = section(properties, "instanceView")
    os_disk = section(section(properties, "storageProfile"), "osDisk")
    return VirtualMachine(
        id=resource_id(document),
        vm_id=text(properties, "vmId"),
        location=text(document, "location"),
        os_type=text(os_disk, "osType"),
        provisioning_state=text(properties, "provisioningState"),
        power_state=_power_state(view),
        vm_agent=_parse_agent(view),
        extensions=(*_extensions_seen(view), *_handlers_seen(view)),
    )


def _power_state(view: Json) -> str:
    # Statuses are told apart by their prefix; their order and number vary.
    codes = (text(status, "code") for status in sections(view, "statuses"))
    found = [code[len(_POWER) :] for code in codes if code.lower().startswith(_POWER)]
    return found[-1] if found else ""


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
            state=text(_last(sections(extension, "statuses")), "code"),
            seen_in="instanceView",
        )
        for extension in sections(view, "extensions")
    )


def _handlers_seen(view: Json) -> tuple[VmExtension, ...]:
    return tuple(
        _seen(
            text(handler, "type").rpartition(".")[2],
            handler=text(handler, "type"),
            state=text(section(handler, "status"), "code"),
            seen_in="handlers",
        )
        for handler in sections(section(view, "vmAgent"), "extensionHandlers")
    )


def _seen(name: str, *, handler: str, state: str, seen_in: str) -> VmExtension:
    publisher, _, handler_type = handler.rpartition(".")
    return VmExtension(
        name=name or handler_type,
        publisher=publisher,
        handler_type=handler_type,
        state=state,
        seen_in=seen_in,
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
