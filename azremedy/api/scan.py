"""Find the VMs of many subscriptions whose backup fails or is at risk."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from azremedy._version import __version__
from azremedy.api.targets import MAX_TARGETS
from azremedy.collect.estate import EstateAsked, collect_estate
from azremedy.domain.catalog import Catalog
from azremedy.domain.estate import Scan, ScannedSubscription
from azremedy.domain.last_jobs import SymptomReader
from azremedy.domain.scan_groups import group_by_cause
from azremedy.domain.scanning import Concluded, conclude
from azremedy.domain.sightings import WINDOW_DAYS, CountPoints
from azremedy.errors import RefusedError, TargetNotFoundError, UsageError
from azremedy.gateways.subscriptions import Subscription, resolve_subscription
from azremedy.playbooks import load_library
from azremedy.wire import from_json, to_json

if TYPE_CHECKING:
    from azremedy.api.connect import Azure
    from azremedy.domain.evidence import Unreadable
    from azremedy.domain.plan import Origin
    from azremedy.domain.sightings import SeenSubscription
    from azremedy.ids import ResourceId

SCHEMA = "azremedy.scan/1"
"""The form of scans that this version reads and writes."""

_DELETED = "Deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanOptions:
    """What is scanned, and how."""

    subscriptions: tuple[str, ...] = ()
    """Names or ids; all that the caller can see when this and ``management_groups`` are empty."""
    management_groups: tuple[str, ...] = ()
    """Names of management groups, which hold subscriptions and other groups."""
    fresh: bool = False
    """Whether each service is asked instead of Resource Graph: exact, and slow."""
    points: CountPoints = CountPoints.AT_RISK
    """Whose restore points are counted, with a request for each collection."""
    playbooks: tuple[Path, ...] = ()
    """Files with playbooks of a team's own."""


def scan(azure: Azure, options: ScanOptions | None = None) -> Scan:
    """Find failing and endangered VMs. Changes nothing; safe to repeat.

    What could not be read is in the scan's ``gaps``. Its word may be minutes old: a plan for what
    it found reads everything anew.

    Raises:
        UsageError: subscriptions and management groups were both named.
        TargetNotFoundError: a subscription of that name cannot be seen, or none can.
        SignInError: no credential worked.
        AzremedyError: a management group cannot be asked about.
    """
    chosen = options or ScanOptions()
    library = load_library(chosen.playbooks)
    catalog = Catalog(library.playbooks)
    symptoms = SymptomReader(catalog)
    origin, asked = azure.find_origin(), _ask(azure, chosen)
    began = azure.clock.now()
    seen: list[ScannedSubscription] = []
    found: list[Concluded] = []
    gaps: list[Unreadable] = []
    for each in collect_estate(azure.reader, asked, symptoms):
        concluded = conclude(each, symptoms)
        seen.append(_describe(each))
        found.append(concluded)
        gaps += [*each.gaps, *each.locks.gaps, *(gap for vm in concluded.vms for gap in vm.gaps)]
    groups, vms = group_by_cause(
        (vm for each in found for vm in each.vms), catalog, max_targets=MAX_TARGETS
    )
    return Scan(
        tool_version=__version__,
        origin=origin,
        began_at=began,
        read_at=azure.clock.now(),
        window_days=WINDOW_DAYS,
        subscriptions=tuple(seen),
        management_groups=chosen.management_groups,
        groups=groups,
        vms=vms,
        locked_groups=tuple(group for each in found for group in each.locked_groups),
        orphans=tuple(orphan for each in found for orphan in each.orphans),
        gaps=tuple(dict.fromkeys(gaps)),
    )


def _ask(azure: Azure, options: ScanOptions) -> EstateAsked:
    if options.subscriptions and options.management_groups:
        raise UsageError(
            "Subscriptions and management groups are both named", advice="Leave one of them out."
        )
    if options.management_groups and options.fresh:
        raise UsageError(
            "Only Resource Graph knows what is in a management group",
            advice="Leave --fresh out, or name subscriptions.",
        )
    named = () if options.management_groups else _find_subscriptions(azure, options.subscriptions)
    return EstateAsked(
        subscriptions=named,
        management_groups=options.management_groups,
        fresh=options.fresh,
        points=options.points,
    )


def _find_subscriptions(azure: Azure, named: tuple[str, ...]) -> tuple[Subscription, ...]:
    """Find subscriptions, each once; a GUID is taken as it is, also when it is not listed."""
    listed = azure.reader.subscriptions.list_subscriptions()
    by_id = {each.id.lower(): each for each in listed if each.state != _DELETED}
    if not named and not by_id:
        raise TargetNotFoundError(
            "No subscription can be seen", advice="Check the sign-in and its tenant."
        )
    wanted = [resolve_subscription(each, lambda: listed) for each in named] or list(by_id)
    return tuple(
        Subscription(id=id_, name=by_id[id_].name if id_ in by_id else "")
        for id_ in dict.fromkeys(each.lower() for each in wanted)
    )


def _describe(seen: SeenSubscription) -> ScannedSubscription:
    return ScannedSubscription(
        id=seen.id,
        name=seen.name,
        read_from=seen.read_from,
        why=seen.why,
        read_at=seen.read_at,
        protected=seen.protected,
    )


def find_failed(azure: Azure, causes: tuple[str, ...] = ()) -> tuple[ResourceId, ...]:
    """Scan the connection's subscription for VMs that fail, or that have one of the causes.

    Raises:
        RefusedError: part of it could not be read, so that "all" cannot be said.
        UsageError: no VM has such a cause.
        AzremedyError: as :func:`scan`.
    """
    # Points are read anew for each target, and nobody fails for having many yet.
    points = CountPoints.AT_RISK if causes else CountPoints.NONE
    found = scan(azure, ScanOptions(subscriptions=(azure.subscription_id,), points=points))
    if found.gaps:
        gap = found.gaps[0]
        raise RefusedError(
            f"Not all failing VMs can be found: {gap.source}: {gap.why}",
            advice="Give the VMs by name, or those of a scan with --from-scan.",
        )
    return choose_vms(found, causes)


def save_scan(found: Scan, path: Path) -> None:
    """Keep a scan in a new file that only its owner can read.

    Raises:
        UsageError: the file is there already, or cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(to_json(found) + "\n")
    except OSError as error:
        raise UsageError(
            f"The scan cannot be kept in {path}: {error.strerror or error}",
            advice="Name a new file in a folder that you may write to.",
        ) from error


def load_scan(path: Path) -> Scan:
    """Read a scan that was kept, or that ``scan -o json`` wrote.

    Raises:
        UsageError: the file cannot be read, or holds no scan of this version's form.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}", advice="") from error
    return parse_scan(text, str(path))


def parse_scan(text: str, name: str) -> Scan:
    """Read a scan from JSON.

    Args:
        text: what ``scan -o json`` wrote.
        name: where it is from.

    Raises:
        UsageError: it is no scan of this version's form.
    """
    try:
        schema = json.loads(text)["schema"]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise _no_scan(name, "nothing in it says that it is one") from error
    if schema != SCHEMA:
        raise _no_scan(name, f"its form is '{schema}', and this version knows '{SCHEMA}'")
    try:
        return from_json(Scan, text)
    except ValueError as error:
        raise _no_scan(name, str(error)) from error


def choose_vms(found: Scan, causes: tuple[str, ...] = ()) -> tuple[ResourceId, ...]:
    """Choose the VMs of a scan: those with one of the causes, or else those that fail.

    Raises:
        UsageError: the scan has no such cause.
    """
    if not causes:
        return tuple(vm.id for vm in found.vms if vm.failing)
    known = {group.cause.lower() for group in found.groups}
    wanted = {cause.lower() for cause in causes}
    if strange := sorted(wanted - known):
        raise UsageError(
            f"The scan has no cause '{strange[0]}'",
            advice=f"It has: {', '.join(group.cause for group in found.groups) or 'none'}.",
        )
    return tuple(vm.id for vm in found.vms if vm.cause.lower() in wanted)


def check_origin(azure: Azure, made: Origin) -> None:
    """Refuse targets that were found in another cloud, tenant or sandbox.

    Raises:
        RefusedError: the same ids may be other machines here.
    """
    here = azure.find_origin()
    before = (made.cloud, made.tenant_id, made.sandbox)
    if before != (here.cloud, here.tenant_id, here.sandbox):
        raise RefusedError(
            f"The scan was made in {_place(made)}, and this is {_place(here)}",
            advice="Scan here, or connect to where the scan was made.",
        )


def _place(origin: Origin) -> str:
    if origin.sandbox:
        return f"the sandbox '{origin.sandbox}'"
    return f"tenant {origin.tenant_id or '(not told)'} of {origin.cloud}"


def _no_scan(name: str, why: str) -> UsageError:
    return UsageError(
        f"{name} holds no scan: {why}", advice="'azremedy scan --out FILE' keeps one."
    )
