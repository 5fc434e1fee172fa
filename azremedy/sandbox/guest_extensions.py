"""Keep a machine's extensions: as documents and as its instance view reports them.

The backup extension of a managed machine may show in the handlers' reports only and in no list.
Source: learn.microsoft.com/azure/virtual-machines/extensions/vmsnapshot-windows (2023).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.sandbox import guest_facts, vm_state

if TYPE_CHECKING:
    from azremedy.sandbox.http import Json
    from azremedy.sandbox.world import World

EXTENSION_TYPE = "Microsoft.Compute/virtualMachines/extensions"
"""The ARM type of a VM extension."""

_PUBLISHER = "Microsoft.Azure.RecoveryServices"
_SNAPSHOT = {"linux": "VMSnapshotLinux", "windows": "VMSnapshot"}
_VERSION = {"linux": "1.0.9223.0", "windows": "1.0.110.0"}


def known(world: World, vm: Json, name: str) -> bool:
    """Tell whether the machine has an extension of that name, listed or not."""
    if f"{vm['id']}/extensions/{name}" in world.documents:
        return True
    return any(_bears(entry, name) for entry in (*_reports(vm), *_handlers(vm)))


def remove(world: World, vm: Json, name: str) -> None:
    """Take an extension away: its document, its report and its handler; stores the machine."""
    extension = world.documents.get(f"{vm['id']}/extensions/{name}") or {}
    kind = extension.get("properties", {}).get("type", name)
    view = vm["properties"].setdefault("instanceView", {})
    if "extensions" in view:
        view["extensions"] = [entry for entry in _reports(vm) if not _bears(entry, name)]
    if "extensionHandlers" in view.get("vmAgent", {}):
        keep = [entry for entry in _handlers(vm) if not _bears(entry, kind)]
        view["vmAgent"]["extensionHandlers"] = keep
    world.documents.remove(f"{vm['id']}/extensions/{name}")
    world.documents.put(vm)


def failed(world: World, vm: Json) -> tuple[Json, ...]:
    """Give the failed extensions of a machine, the backup extension left out."""
    return tuple(
        extension
        for extension in world.documents.of_type(EXTENSION_TYPE, under=vm["id"])
        if extension["properties"].get("provisioningState") == "Failed"
        and not _is_snapshot(extension)
    )


def retry_failed(world: World, vm: Json) -> None:
    """Install failed extensions again where an agent can do it; the caller stores the machine."""
    if not vm_state.agent_ready(vm):
        return
    for extension in failed(world, vm):
        extension["properties"]["provisioningState"] = "Succeeded"
        world.documents.put(extension)
        version = extension["properties"].get("typeHandlerVersion", "1.0")
        view = vm["properties"]["instanceView"]
        reports = [each for each in _reports(vm) if not _bears(each, extension["name"])]
        view["extensions"] = [*reports, _report(world, extension, version)]


def snapshot_broken(world: World, vm: Json) -> bool:
    """Tell whether the backup extension cannot work, or broken remains of it lie in the guest."""
    if guest_facts.of(world, vm["id"]).leftovers:
        return True
    name = _SNAPSHOT[vm_state.os_type(vm)]
    documents = world.documents.of_type(EXTENSION_TYPE, under=vm["id"])
    states = [
        document["properties"].get("provisioningState", "Succeeded")
        for document in documents
        if _is_snapshot(document)
    ]
    reports = [entry for entry in _reports(vm) if _bears(entry, name)]
    handlers = [entry for entry in _handlers(vm) if _bears(entry, name)]
    return (
        any(state != "Succeeded" for state in states)
        or any(_unwell(status) for entry in reports for status in entry.get("statuses", []))
        or any(_unwell(entry.get("status", {})) for entry in handlers)
    )


def ensure_snapshot(world: World, vm: Json) -> None:
    """Install the backup extension when the machine has none; stores the machine.

    The service does so at the next backup. Source:
    learn.microsoft.com/azure/backup/backup-azure-vms-introduction.
    """
    name = _SNAPSHOT[vm_state.os_type(vm)]
    if known(world, vm, name):
        return
    extension = world.documents.put(_document(vm, name))
    view = vm["properties"].setdefault("instanceView", {})
    full_name, version = f"{_PUBLISHER}.{name}", _VERSION[vm_state.os_type(vm)]
    handler = {
        "type": full_name,
        "typeHandlerVersion": version,
        "status": vm_state.handler_ready(),
    }
    view["vmAgent"].setdefault("extensionHandlers", []).append(handler)
    view.setdefault("extensions", []).append(_report(world, extension, version))
    world.documents.put(vm)


def _document(vm: Json, name: str) -> Json:
    return {
        "id": f"{vm['id']}/extensions/{name}",
        "location": vm["location"],
        "properties": {
            "autoUpgradeMinorVersion": True,
            "provisioningState": "Succeeded",
            "publisher": _PUBLISHER,
            "type": name,
            "typeHandlerVersion": "1.0",
            "settings": {},
        },
    }


def _report(world: World, extension: Json, version: str) -> Json:
    properties = extension["properties"]
    status = {
        "code": "ProvisioningState/succeeded",
        "level": "Info",
        "displayStatus": "Provisioning succeeded",
        "message": "Command is executed successfully.",
        "time": vm_state.offset_time(world),
    }
    return {
        "name": extension["name"],
        "type": f"{properties['publisher']}.{properties['type']}",
        "typeHandlerVersion": version,
        "statuses": [status],
    }


def _is_snapshot(document: Json) -> bool:
    properties = document["properties"]
    return str(properties.get("publisher", "")).lower() == _PUBLISHER.lower() and str(
        properties.get("type", "")
    ).lower() in {"vmsnapshot", "vmsnapshotlinux"}


def _bears(entry: Json, name: str) -> bool:
    """Tell whether a report or a handler goes by a name; handlers carry `publisher.type`."""
    names = (str(entry.get("name", "")), str(entry.get("type", "")).rpartition(".")[2])
    return name.lower() in {text.lower() for text in names}


def _unwell(status: Json) -> bool:
    code = str(status.get("code", "")).lower()
    return bool(code) and not code.startswith("provisioningstate/succeeded")


def _reports(vm: Json) -> list[Json]:
    return list(vm["properties"].get("instanceView", {}).get("extensions", []))


def _handlers(vm: Json) -> list[Json]:
    agent = vm["properties"].get("instanceView", {}).get("vmAgent", {})
    return list(agent.get("extensionHandlers", []))
