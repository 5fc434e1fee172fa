"""Which part of a VM's backup world a finding is about, and how it makes the part look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain.findings import Certainty
from azremedy.errors import MalformedIdError
from azremedy.ids import LOCK, RESTORE_POINT_COLLECTION, VAULT, ResourceId
from azremedy.report.html.phrases import capitalize
from azremedy.report.html.tones import Tone
from azremedy.report.html.world import UNSEEN, Kind, Look

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from azremedy.domain.findings import Diagnosis, Finding

_CAUSES = {
    Kind.VM: (
        "vm-stopped-inside",
        "vm-failed",
        "vm-changing",
        "vm-gone",
        "disk-too-large",
        "disk-sku-unsupported",
        "standard-ssd",
    ),
    Kind.AGENT: (
        "agent-not-ready",
        "agent-silent",
        "agent-outdated",
        "agent-stopped",
        "extensions-disabled",
        "dot-net-missing",
        "no-dhcp",
        "host-unreachable",
    ),
    Kind.EXTENSION: (
        "extension-failed",
        "other-extension-failed",
        "visual-c-missing",
        "app-locker",
        "antivirus",
        "extension-leftovers",
    ),
    Kind.NETWORK: ("storage-blocked",),
    Kind.KEYS: ("key-vault-closed", "disk-key-missing"),
    Kind.COLLECTION: ("point-limit", "snapshot-in-use", "collection-deleted"),
    Kind.LOCK: ("point-group-locked", "group-denied"),
    Kind.ITEM: ("not-protected", "item-soft-deleted", "protection-paused"),
}
"""Every rule by the part that it looks at; what stands first is told first."""


def list_confirmed(kind: Kind, diagnosis: Diagnosis | None) -> tuple[Finding, ...]:
    """List what the facts show to be wrong with a part."""
    if diagnosis is None:
        return ()
    return tuple(each for each in diagnosis.confirmed if each.cause in _CAUSES[kind])


def look_at(kind: Kind, diagnosis: Diagnosis | None) -> Look:
    """Say how a part looked when the diagnosis was made."""
    findings = diagnosis.findings if diagnosis else ()
    mine = sorted(
        (each for each in findings if each.cause in _CAUSES[kind]),
        key=lambda each: _CAUSES[kind].index(each.cause),
    )
    for certainty, tone in (
        (Certainty.CONFIRMED, Tone.BAD),
        (Certainty.RULED_OUT, Tone.GOOD),
        (Certainty.CANNOT_TELL, Tone.IDLE),
    ):
        for finding in mine:
            if finding.certainty is certainty:
                return Look(detail=_tell(finding, kind), tone=tone)
    return UNSEEN


def _tell(finding: Finding, kind: Kind) -> str:
    """Tell what is well by the fact itself, which says more than the rule's answer."""
    well = finding.certainty is Certainty.RULED_OUT and finding.basis
    told = finding.basis[0].fact if well else finding.message
    return capitalize(told.removeprefix(f"{kind.value}: "))


def list_sources(diagnosis: Diagnosis | None) -> Iterator[ResourceId]:
    """List the resources from which the facts were read, each once."""
    findings = diagnosis.findings if diagnosis else ()
    told = (basis.source for finding in findings for basis in finding.basis)
    symptoms = (symptom.source for symptom in diagnosis.symptoms) if diagnosis else ()
    for source in dict.fromkeys((*told, *symptoms)):
        try:
            yield ResourceId.parse(source)
        except MalformedIdError:
            # Lists such as 'jobs' have no id.
            continue


def list_collections(diagnosis: Diagnosis | None) -> tuple[ResourceId, ...]:
    """List the restore point collections that were seen."""
    return tuple(each for each in list_sources(diagnosis) if each.is_type(RESTORE_POINT_COLLECTION))


def list_standing_locks(diagnosis: Diagnosis | None) -> tuple[ResourceId, ...]:
    """List the locks of which confirmed findings tell."""
    sources = {
        basis.source.lower()
        for finding in list_confirmed(Kind.LOCK, diagnosis)
        for basis in finding.basis
    }
    found = (each for each in list_sources(diagnosis) if each.is_type(LOCK))
    return tuple(each for each in found if each.key in sources)


def find_vault(ids: Iterable[ResourceId]) -> ResourceId | None:
    """Find the first vault among resources, or that one of them lies in."""
    for each in ids:
        while each.resource_type.lower().startswith(VAULT.lower()):
            if each.is_type(VAULT):
                return each
            each = each.parent  # noqa: PLW2901 - climbs to the vault
    return None
