"""Do not do again what did not help: go on to the next remedy, or to a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain import guards
from azremedy.domain.recent import NO_CAUSE, list_spent
from azremedy.domain.remedies import FLAGS, Remedy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from azremedy.domain.findings import Diagnosis, Finding
    from azremedy.domain.plan import Mend, Verdict
    from azremedy.domain.recent import Recent, Tried
    from azremedy.ids import ResourceId

    Spent = Mapping[str, Mapping[Remedy, Tried]]

DID_NOT_HELP = "did-not-help"
"""The guard's name."""


def find_spent(diagnosis: Diagnosis, recent: Recent) -> Spent:
    """Find by cause what did not help against the code that the VM shows now."""
    codes = diagnosis.symptoms[0].codes if diagnosis.symptoms else ()
    return list_spent(recent, codes)


def refuse_repetition(finding: Finding, spent: Sequence[Remedy], vm_id: ResourceId) -> Verdict:
    """Refuse to do the same again; the next remedy's flag is named, or a person's turn."""
    flags = [FLAGS[remedy] for remedy in finding.remedies if remedy not in spent]
    flag = next(iter(flags), guards.NO_COOL_DOWN)
    turn = "the next remedy needs a word of yours" if flags else "now it is a person's turn"
    again = f", or {guards.NO_COOL_DOWN} to do the same once more" if flags else ""
    message = f"{finding.cause}: {_join(spent)} did not help: {turn}{again}"
    return guards.refuse(DID_NOT_HELP, vm_id, message, override=flag)


def check_bare_backup(diagnosis: Diagnosis, spent: Spent) -> tuple[Verdict, ...]:
    """Refuse one more bare backup where no cause is confirmed and the last one did not help."""
    tried = spent.get(NO_CAUSE, {}).get(Remedy.BACKUP)
    if tried is None:
        return ()
    message = (
        f"every known cause is ruled out, and the backup of run {tried.run_id} failed all the "
        f"same: try --look-inside, or see 'azremedy explain {diagnosis.symptoms[0].code}'"
    )
    refusal = guards.refuse(DID_NOT_HELP, diagnosis.vm_id, message, override=guards.NO_COOL_DOWN)
    return (refusal,)


def warn_of_repetition(
    mends: Iterable[Mend], spent: Spent, vm_id: ResourceId
) -> tuple[Verdict, ...]:
    """Say what is done again although it did not help."""
    return tuple(
        guards.warn(
            DID_NOT_HELP,
            vm_id,
            f"{mend.cause}: {mend.remedy} did not help in run {tried.run_id}; goes on because of "
            f"{guards.NO_COOL_DOWN}",
        )
        for mend in mends
        if (tried := spent.get(mend.cause, {}).get(mend.remedy)) is not None
    )


def _join(remedies: Sequence[Remedy]) -> str:
    return " and ".join(remedy.value for remedy in remedies)
