"""Group scanned VMs by cause, and say what treats each group. Pure."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from azremedy.domain.estate import GroupOfCause
from azremedy.domain.locks import is_inherited
from azremedy.domain.remedies import FLAGS, Remedy
from azremedy.domain.rules import RULES
from azremedy.domain.scanning import FAILS_OFTEN, GROUP_LOCKED, POINT_LIMIT, WITH_WARNINGS
from azremedy.domain.symptoms import NO_CODE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azremedy.domain.catalog import Catalog
    from azremedy.domain.estate import ScannedVm
    from azremedy.domain.playbook import Playbook
    from azremedy.domain.resources import ManagementLock

_TITLES = {
    **{rule.cause: rule.title for rule in RULES},
    FAILS_OFTEN: "Backups fail again and again, though the last one went well",
    WITH_WARNINGS: "The last backup ended with warnings: the vault may lack that copy",
    NO_CODE: "Azure names no code",
}
_UNLOCKED = frozenset({Remedy.UNLOCK, Remedy.CLEAN_POINTS, Remedy.CLEAN_BY_BACKUP})
"""Remedies that a lock on the points is in the way of."""

UNLOCK = "--unlock"
INCLUDE_INHERITED = "--include-inherited"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Treatment:
    command: str
    candidates: tuple[str, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    flags: tuple[str, ...] = ()


def group_by_cause(
    vms: Iterable[ScannedVm], catalog: Catalog, *, max_targets: int
) -> tuple[tuple[GroupOfCause, ...], tuple[ScannedVm, ...]]:
    """Group VMs by cause; give the groups, and the VMs in their order.

    Args:
        vms: VMs with risks.
        catalog: the playbooks that are known.
        max_targets: from how many targets on a command must be told their number.
    """
    by_cause: dict[str, list[ScannedVm]] = {}
    for vm in vms:
        by_cause.setdefault(vm.cause, []).append(vm)
    groups = sorted(
        (_describe(cause, found, catalog, max_targets) for cause, found in by_cause.items()),
        key=lambda group: (not group.failing, -group.count, group.cause),
    )
    ordered = (vm for group in groups for vm in sorted(by_cause[group.cause], key=_by_id))
    return tuple(groups), tuple(ordered)


def _by_id(vm: ScannedVm) -> str:
    return vm.id.key


def _describe(cause: str, vms: list[ScannedVm], catalog: Catalog, max_targets: int) -> GroupOfCause:
    book = catalog.find(cause)
    locks = {lock for vm in vms for lock in vm.locks or ()}
    treatment = _treat(cause, book, locks)
    command = f"{treatment.command} --max-targets {len(vms)}"
    plain = len(vms) <= max_targets or "--from-scan" not in treatment.command
    return GroupOfCause(
        cause=cause,
        title=book.title if book else _TITLES.get(cause, "No playbook knows this code"),
        failing=any(vm.failing for vm in vms),
        count=len(vms),
        subscriptions=tuple(sorted({vm.id.subscription_id.lower() for vm in vms})),
        locked=sum(1 for vm in vms if vm.locks),
        candidates=treatment.candidates,
        remedies=treatment.remedies,
        flags=treatment.flags,
        command=treatment.command if plain else command,
    )


def _treat(cause: str, book: Playbook | None, locks: set[ManagementLock]) -> _Treatment:
    if book is not None:
        return _treat_code(cause, book, locks)
    inherited = (INCLUDE_INHERITED,) if any(map(is_inherited, locks)) else ()
    if cause == GROUP_LOCKED:
        return _Treatment(
            command=_of_scan("unlock-rg", cause, inherited),
            candidates=(cause,),
            remedies=(Remedy.UNLOCK,),
            flags=inherited,
        )
    if cause == POINT_LIMIT:
        remedies = (Remedy.CLEAN_POINTS, Remedy.CLEAN_BY_BACKUP)
        command = _of_scan("clean-rpc", cause, ())
        return _Treatment(command=command, candidates=(cause,), remedies=remedies)
    if cause in {FAILS_OFTEN, WITH_WARNINGS}:
        return _Treatment(command=_of_scan("diagnose", cause, ()))
    return _Treatment(command=_of_scan("fix", cause, ()))


def _treat_code(cause: str, book: Playbook, locks: set[ManagementLock]) -> _Treatment:
    named = (*(each for found in book.causes for each in found.remedies), *book.remedies)
    remedies = tuple(dict.fromkeys(named))
    flags = [FLAGS[each] for each in remedies if each in FLAGS]
    needed = []
    if locks and _UNLOCKED & set(remedies):
        needed = [UNLOCK, INCLUDE_INHERITED] if any(map(is_inherited, locks)) else [UNLOCK]
    treated = any(found.remedies for found in book.causes) or book.remedies
    command = _of_scan("fix", cause, tuple(needed))
    return _Treatment(
        command=command if treated else f"azremedy explain {shlex.quote(book.code)}",
        candidates=tuple(each.cause for each in book.causes),
        remedies=remedies,
        flags=tuple(dict.fromkeys((*needed, *flags))),
    )


def _of_scan(command: str, cause: str, flags: tuple[str, ...]) -> str:
    words = ("azremedy", command, "--from-scan", "FILE", "--cause", cause, *flags)
    return shlex.join(words)
