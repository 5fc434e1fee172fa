"""Which codes does a failed backup show? Each file in tests/cases/symptoms answers for one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from azremedy.domain.catalog import Catalog
from azremedy.domain.evidence import UNREAD, Observation, Reading
from azremedy.domain.playbook import Playbook, Table
from azremedy.domain.resources import BackupJob, ProtectedItem
from azremedy.domain.symptom import Symptom
from azremedy.domain.symptoms import find_symptoms, find_told

if TYPE_CHECKING:
    from tests.domain.conftest import ReadCase

CASES = Path(__file__).resolve().parents[1] / "cases" / "symptoms"


@dataclass(frozen=True, slots=True, kw_only=True)
class SymptomCase:
    """What was read about a VM's last backup, and the codes in it."""

    about: str
    """What the case shows."""
    asked: str | None = None
    """What a person gave."""
    last_backup: Observation[BackupJob] = UNREAD
    """The newest job that has ended."""
    items: Reading[ProtectedItem] = Reading()
    """The VM's items."""
    expected: tuple[Symptom, ...]
    """The symptoms, in order."""


def make_playbook(
    code: str,
    *,
    numbers: tuple[int, ...] = (),
    aliases: tuple[str, ...] = (),
    envelope: bool = False,
) -> Playbook:
    """Make a playbook of which only its names matter."""
    return Playbook(
        schema="azremedy.playbook/1",
        code=code,
        title="t",
        meaning="m",
        table=Table.AGENT,
        source="s",
        numbers=numbers,
        aliases=aliases,
        envelope=envelope,
    )


CATALOG = Catalog(
    (
        make_playbook("UserErrorCrpReportedUserError", numbers=(400349,), envelope=True),
        make_playbook("VMRestorePointInternalError"),
        make_playbook("FailedSnapshotLimitReached"),
        make_playbook("UserErrorRpCollectionLimitReached"),
        make_playbook("UserErrorRpCollectionDeleted", numbers=(400288,)),
        make_playbook("UserErrorGuestAgentStatusUnavailable", numbers=(400196,)),
        make_playbook("BackUpOperationFailed", numbers=(400002,)),
        make_playbook("BackUpOperationFailedV2"),
        make_playbook("DiffCopyFailedToTransferData", numbers=(400052,)),
        make_playbook(
            "ExtensionOperationFailedForManagedDisks",
            aliases=("ExtentionOperationFailedForManagedDisks",),
        ),
    )
)


@pytest.mark.parametrize("path", sorted(CASES.glob("*.yaml")), ids=lambda path: path.stem)
def test_symptom_case(path: Path, read_case: ReadCase) -> None:
    """Codes are told by a person, by the last failed job and by the item's health, in order."""
    case = read_case(path, SymptomCase)

    actual = find_symptoms(
        asked=case.asked, last_backup=case.last_backup, items=case.items, catalog=CATALOG
    )

    assert case.expected == actual


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("vmrestorepointinternalerror",), "VMRestorePointInternalError"),
        (("Other", "UserErrorCrpReportedUserError"), "UserErrorCrpReportedUserError"),
        (("Other",), None),
    ],
)
def test_a_code_is_found_among_symptoms_and_inside_them(
    names: tuple[str, ...], expected: str | None, read_case: ReadCase
) -> None:
    """The code is given as the symptom spells it, also from inside an envelope."""
    symptoms = read_case(CASES / "envelope-opened.yaml", SymptomCase).expected

    told = find_told(symptoms, *names)

    assert expected == (told[1] if told else None)
