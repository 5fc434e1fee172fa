"""Put the page of a scan together: what fails, what soon will, and what treats it."""

from __future__ import annotations

import shlex
from collections import Counter
from typing import TYPE_CHECKING

from azremedy.domain.estate import ReadFrom, Risk
from azremedy.report.html.phrases import tell_moment
from azremedy.report.html.picture import Stock, draw
from azremedy.report.html.scan_world import find_scanned_world
from azremedy.report.html.summary import share
from azremedy.report.html.tones import Badge, Tone
from azremedy.report.html.view import CauseRow, Command, Gap, Listing, Page, TargetView, Tile
from azremedy.report.words import place, plural

if TYPE_CHECKING:
    from azremedy.domain.estate import GroupOfCause, Scan, ScannedVm

_BRIEF_ABOVE = 200
_READS = ("azremedy explain", "azremedy diagnose")
_GRAVE = frozenset({Risk.FAILING, Risk.PAUSED})


def make_scan_page(scan: Scan, file: str) -> tuple[Page, Stock]:
    """Make what the templates show of a scan, and what its pictures are put together from.

    Args:
        scan: the scan.
        file: where it is kept.
    """
    stock = Stock()
    brief = len(scan.vms) > _BRIEF_ABOVE
    targets = tuple(
        _show_vm(vm, scan, number=number, stock=stock, brief=brief)
        for number, vm in enumerate(scan.vms, 1)
    )
    head = f"scan · {plural(len(scan.subscriptions), 'subscription')}"
    page = Page(
        title=f"azremedy: {head}",
        heading=head,
        badge=_describe(scan),
        lead=(_tell(scan),),
        reasons=(),
        rehearsal=scan.origin.sandbox,
        alarms=(),
        tiles=_list_tiles(scan),
        commands=tuple(_make_command(group, file) for group in scan.groups),
        bars="Fails now, or soon",
        causes=_list_causes(scan),
        targets=targets,
        filters=tuple(Counter(view.badge for view in targets).items()),
        notes=(),
        restores=(),
        timeline=None,
        listings=tuple(listing for listing in _list_rest(scan) if listing.rows),
        about=_list_about(scan, file),
        is_run=False,
        brief=False,
    )
    return page, stock


def _describe(scan: Scan) -> Badge:
    if scan.failing:
        return Badge(text=f"{plural(len(scan.failing), 'VM')} failing", tone=Tone.BAD)
    if scan.vms:
        return Badge(text=f"{plural(len(scan.vms), 'VM')} at risk", tone=Tone.WARN)
    if scan.gaps:
        return Badge(text="Not wholly read", tone=Tone.WARN)
    return Badge(text="All is well", tone=Tone.GOOD)


def _tell(scan: Scan) -> str:
    told = f"Nothing was changed. A failure counts until a later backup of the VM went well; the \
last {scan.window_days} days were looked at."
    unread = " Not everything could be read: there may be more." if scan.gaps else ""
    return f"{told}{unread}"


def _list_tiles(scan: Scan) -> tuple[Tile, ...]:
    failing, risky = len(scan.failing), len(scan.vms) - len(scan.failing)
    unread = sum(each.read_from is ReadFrom.NOBODY for each in scan.subscriptions)
    return (
        Tile(
            label="Protected VMs",
            value=str(scan.protected),
            note=f"in {plural(len(scan.subscriptions), 'subscription')}",
            tone=Tone.IDLE,
        ),
        Tile(
            label="Failing",
            value=str(failing),
            note="newest backup failed",
            tone=Tone.BAD if failing else Tone.GOOD,
        ),
        Tile(
            label="At risk",
            value=str(risky),
            note="will fail, or may",
            tone=Tone.WARN if risky else Tone.GOOD,
        ),
        Tile(
            label="Locked groups",
            value=str(len(scan.locked_groups)),
            note="restore points pile up",
            tone=Tone.WARN if scan.locked_groups else Tone.GOOD,
        ),
        Tile(
            label="Not read",
            value=str(len(scan.gaps)),
            note=f"{plural(unread, 'subscription')} not at all" if unread else "lists",
            tone=Tone.WARN if scan.gaps else Tone.GOOD,
        ),
    )


def _make_command(group: GroupOfCause, file: str) -> Command:
    text = group.command.replace(" FILE ", f" {shlex.quote(file)} ")
    dry = "" if text.startswith(_READS) else " --dry-run"
    return Command(title=f"{group.title} ({plural(group.count, 'VM')})", text=f"{text}{dry}")


def _list_causes(scan: Scan) -> tuple[CauseRow, ...]:
    failing = Counter(vm.cause for vm in scan.failing)
    most = max((group.count for group in scan.groups), default=1)
    return tuple(
        CauseRow(
            title=group.title,
            cause=group.cause,
            count=group.count,
            told=f"{failing[group.cause]} of {group.count} fail now",
            widths=share(failing[group.cause], group.count - failing[group.cause], most),
            tones=(Tone.BAD, Tone.WARN),
        )
        for group in scan.groups
    )


def _show_vm(vm: ScannedVm, scan: Scan, *, number: int, stock: Stock, brief: bool) -> TargetView:
    before, _ = draw(find_scanned_world(vm), stock, brief=brief)
    worst = vm.risks[0]
    title = next((group.title for group in scan.groups if group.cause == vm.cause), "")
    return TargetView(
        anchor=f"t{number}",
        name=vm.id.name,
        place=vm.id.resource_group,
        id=str(vm.id),
        badge=Badge(text=worst.replace("-", " "), tone=Tone.BAD if worst in _GRAVE else Tone.WARN),
        causes=f"{vm.cause}: {title}" if title else vm.cause,
        result="",
        before=before,
        after=None,
        facts=tuple((name, text) for name, text in _list_facts(vm, scan) if text),
        open=len(scan.vms) == 1,
        steps=(),
        loss=(),
        evidence=None,
        verdicts=(),
        gaps=tuple(Gap(source=gap.source, why=gap.why) for gap in vm.gaps),
        notes=(),
        commands=(),
    )


def _list_facts(vm: ScannedVm, scan: Scan) -> tuple[tuple[str, str], ...]:
    last = vm.last_job
    failures = "" if vm.failures is None else f"{vm.failures} in {scan.window_days} days"
    return (
        ("Risks", ", ".join(risk.replace("-", " ") for risk in vm.risks)),
        ("Last backup", f"{last.status}, begun {tell_moment(last.at)} UTC" if last else ""),
        ("Codes", " → ".join(last.codes) if last else ""),
        ("Job", last.id.name if last and last.id else ""),
        ("Last good backup", f"{tell_moment(vm.last_success)} UTC" if vm.last_success else ""),
        ("Failures", failures),
        ("Vault", str(vm.vault_id or "")),
        ("VM's unique id", vm.vm_id),
        ("Read from", vm.read_from.value),
    )


def _list_rest(scan: Scan) -> tuple[Listing, ...]:
    return (_list_locked(scan), _list_orphans(scan), _list_gaps(scan), _list_subscriptions(scan))


def _tell_count(count: int | None) -> str:
    return "not read" if count is None else str(count)


def _list_locked(scan: Scan) -> Listing:
    return Listing(
        title="Locked groups of restore points",
        note="The service cannot delete old restore points in them.",
        columns=("Group", "Collections", "Locks"),
        rows=tuple(
            (
                str(group.id),
                _tell_count(group.collections),
                ", ".join(
                    f"{lock.name} ({lock.level}) at {place(lock.scope)}" for lock in group.locks
                ),
            )
            for group in scan.locked_groups
        ),
    )


def _list_orphans(scan: Scan) -> Listing:
    return Listing(
        title="Collections whose VM was not seen",
        note="azremedy clean-rpc --orphaned asks Azure for each before it deletes anything.",
        columns=("Collection", "Made of", "Still protected"),
        rows=tuple(
            (str(each.id), str(each.source_id), _tell_bool(value=each.protected))
            for each in scan.orphans
        ),
    )


def _list_gaps(scan: Scan) -> Listing:
    return Listing(
        title="What could not be read",
        note="There may be more than is shown.",
        columns=("Source", "Why"),
        rows=tuple((gap.source, gap.why) for gap in scan.gaps),
    )


def _list_subscriptions(scan: Scan) -> Listing:
    return Listing(
        title="Subscriptions",
        note="",
        columns=("Name", "Id", "Protected VMs", "Read from", "At (UTC)"),
        rows=tuple(
            (
                each.name,
                each.id,
                _tell_count(each.protected),
                f"{each.read_from}: {each.why}" if each.why else each.read_from.value,
                tell_moment(each.read_at),
            )
            for each in scan.subscriptions
        ),
    )


def _tell_bool(*, value: bool | None) -> str:
    return "not read" if value is None else "yes" if value else "no"


def _list_about(scan: Scan, file: str) -> tuple[tuple[str, str], ...]:
    rows = (
        ("Scan's file", "" if file == "FILE" else file),
        ("Began", f"{tell_moment(scan.began_at)} UTC"),
        ("Read until", f"{tell_moment(scan.read_at)} UTC"),
        ("Management groups", ", ".join(scan.management_groups)),
        ("By", scan.origin.caller),
        ("Tenant", scan.origin.tenant_id),
        ("Cloud", scan.origin.cloud),
        ("Made by", f"azremedy {scan.tool_version}"),
    )
    return tuple((name, text) for name, text in rows if text)
