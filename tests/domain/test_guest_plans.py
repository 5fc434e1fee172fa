"""Plan to bring agents back, and scripts: files in tests/cases/agent hold world, flags and plan."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from azremedy.domain.evidence import Reading
from azremedy.domain.guest_scripts import LOGS, SCRIPTS, System
from azremedy.domain.planner.agent import (
    AgentOptions,
    GuestOptions,
    plan_guest,
    plan_restart_agent,
)
from azremedy.domain.resources import BackupJob
from azremedy.domain.steps import RunGuestScript
from azremedy.domain.worlds import VmEvidence
from azremedy.errors import UsageError

if TYPE_CHECKING:
    from azremedy.domain.guest_scripts import GuestScript
    from tests.domain.conftest import ReadCase, ShowPlan

CASES = Path(__file__).resolve().parents[1] / "cases" / "agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentCase:
    """A VM's world, what the caller allows, and the plan."""

    about: str
    """What the case shows."""
    evidence: VmEvidence
    """The world."""
    expected: dict[str, list[str]]
    """The plan's parts in short; parts that are empty are left out."""
    options: AgentOptions = field(default_factory=AgentOptions)
    """What the caller allows."""


@pytest.mark.parametrize("path", sorted(CASES.glob("*.yaml")), ids=lambda path: path.stem)
def test_agent_case(path: Path, read_case: ReadCase, show_plan: ShowPlan) -> None:
    """The plan is what the file says: steps, restores, verdicts and notes."""
    case = read_case(path, AgentCase)

    assert case.expected == show_plan(plan_restart_agent(case.evidence, case.options))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_only_changing_scripts_wait_for_jobs(
    base_evidence: VmEvidence, script: GuestScript
) -> None:
    """While a backup runs a script may look, and may not change anything."""
    job = BackupJob(id=base_evidence.vm.id, operation="Backup", status="InProgress")
    evidence = replace(base_evidence, running_jobs=Reading(values=(job,)))

    section = plan_guest(evidence, script.name, GuestOptions())

    assert (["backup-running"] if script.changes else []) == [v.guard for v in section.verdicts]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
@pytest.mark.parametrize("os_type", ["Linux", "Windows", ""])
def test_scripts_keep_to_their_systems(
    base_evidence: VmEvidence, script: GuestScript, os_type: str
) -> None:
    """A script is refused on a system that it is not written for."""
    evidence = replace(base_evidence, vm=replace(base_evidence.vm, os_type=os_type))

    section = plan_guest(evidence, script.name, GuestOptions())

    fits = os_type.lower() in {each.value for each in script.systems}
    assert ([] if fits else ["wrong-system"]) == [v.guard for v in section.verdicts]


def test_a_script_runs_once_for_each_argument(base_evidence: VmEvidence) -> None:
    """Each place of logs is a step of its own."""
    places = tuple((place,) for place in LOGS[System.LINUX])

    section = plan_guest(base_evidence, "collect-logs", GuestOptions(), arguments=places)

    steps = [draft.step for draft in section.drafts]
    assert list(places) == [step.arguments for step in steps if isinstance(step, RunGuestScript)]


def test_what_can_be_taken_back_is_said(base_evidence: VmEvidence) -> None:
    """The plan of a script that changes something says how to take it back."""
    section = plan_guest(base_evidence, "verbose-on", GuestOptions())

    assert ("To take it back: azremedy guest verbose-off.",) == section.notes


def test_an_unknown_script_is_an_error(base_evidence: VmEvidence) -> None:
    """Only azremedy's own scripts can be planned."""
    with pytest.raises(UsageError) as refused:
        plan_guest(base_evidence, "rm-everything", GuestOptions())

    assert "check" in refused.value.advice
