"""Answer a backup alert: diagnose the VMs that it names and plan their repair. Never applies.

Source: learn.microsoft.com/azure/azure-monitor/alerts/alerts-common-schema (the alert's form).
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from azremedy import api

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA = "azureMonitorCommonAlertSchema"
_SUBSCRIPTION = re.compile(r"^/subscriptions/([0-9a-f-]{36})/", re.IGNORECASE)
_VM = re.compile(
    r"^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Compute"
    r"/virtualMachines/[^/]+$",
    re.IGNORECASE,
)
_CONTAINER = re.compile(r"iaasvmcontainerv2;([^;/]+);([^;/]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came of an alert."""

    message: str
    """One line for each VM, for a ticket."""
    plan: str | None = None
    """The plan's file, for 'azremedy apply'; ``None`` when there is nothing that may be done."""
    fingerprint: str | None = None
    """What is approved."""


def find_vms(alert: dict[str, Any]) -> tuple[str, ...]:
    """Find the ids of VMs that an alert names, also by the names of their protected items."""
    texts = tuple(_list_texts(alert["data"]))
    places = [place for text in texts if (place := _SUBSCRIPTION.match(text))]
    own = places[0][1] if places else None
    found = {text.lower(): text for text in texts if _VM.match(text)}
    for text in texts:
        place = _SUBSCRIPTION.match(text)
        subscription = place[1] if place else own
        for group, name in _CONTAINER.findall(text) if subscription else ():
            vm = (
                f"/subscriptions/{subscription}/resourceGroups/{group}"
                f"/providers/Microsoft.Compute/virtualMachines/{name}"
            )
            found.setdefault(vm.lower(), vm)
    return tuple(found.values())


def answer(alert: dict[str, Any], options: api.ConnectOptions) -> Answered:
    """Diagnose and plan; the connection must only read.

    Raises:
        ValueError: it is no alert in the common schema.
        AzremedyError: a VM is not there, or Azure cannot be asked.
    """
    if alert.get("schemaId") != SCHEMA:
        raise ValueError(f"not an alert in the common schema: {alert.get('schemaId')!r}")
    if alert["data"]["essentials"]["monitorCondition"] != "Fired":
        return Answered(message="Nothing to do: the alert is resolved.")
    if not (names := find_vms(alert)):
        return Answered(message="The alert names no VM: see 'azremedy scan'.")
    with api.connect(options) as azure:
        plan = api.plan_fix(azure, api.VmNames(names=names), api.FixOptions(unlock=True))
    told = [
        f"{target.target.name}: {finding.cause}: {finding.title}"
        for target in plan.targets
        for finding in (target.diagnosis.confirmed if target.diagnosis else ())
    ]
    told += [f"refused: {verdict.message}" for verdict in plan.refusals]
    if plan.refusals or plan.empty:
        return Answered(message="\n".join(told) or "Nothing to do.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "plan.json")
        fingerprint = api.save_plan(plan, path)
        kept = path.read_text(encoding="utf-8")
    told.append(f"azremedy apply plan.json --approve {fingerprint}")
    return Answered(message="\n".join(told), plan=kept, fingerprint=fingerprint)


def _list_texts(document: object) -> Iterator[str]:
    if isinstance(document, str):
        yield document
    elif isinstance(document, dict):
        for value in document.values():
            yield from _list_texts(value)
    elif isinstance(document, list):
        for value in document:
            yield from _list_texts(value)
