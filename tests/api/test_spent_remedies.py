"""What did not help is not done again: the next remedy is, or a person's turn has come."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from azremedy.api.recent import open_diary, read_recent
from azremedy.domain.remedies import Remedy
from azremedy.domain.steps import Manual
from azremedy.engine.history import read_past
from azremedy.sandbox.scenario import Timing
from tests.support.desks import open_desk, scripted
from tests.support.stages import TRIGGER, answered, built_in, guards_of, kinds, with_faults

CODE = "ExtensionFailedVssServiceInBadState"
RESTARTABLE = "extension-failed-vss-service-in-bad-state"
NO_AGENT = "dot-net-missing"
OUTDATED = "guest-agent-snapshot-task-status-error"
NO_CAUSE = "extension-failed-snapshot-limit-reached-error"


def test_remedy_that_did_not_help_is_a_persons_turn_next(tmp_path: Path) -> None:
    """The same code after the same remedy: no third restart, but what a person does."""
    desk = open_desk(tmp_path, scripted(RESTARTABLE, CODE, CODE))
    failed = desk.apply(desk.fix(Remedy.RESTART_VM))
    desk.wait(hours=2)

    plan = desk.fix(Remedy.RESTART_VM)

    assert 11 == failed.exit_code
    assert ("did-not-help",) == guards_of(plan)
    assert "--no-cool-down" == plan.refusals[0].override
    told = [p.step.instructions.name for p in plan.steps if isinstance(p.step, Manual)]
    assert ["restart-vss-service"] == told
    assert len(told) == len(plan.steps)


def test_one_word_repeats_a_remedy(tmp_path: Path) -> None:
    """A person may know why it helps now; the plan says that it did not before."""
    desk = open_desk(tmp_path, scripted(RESTARTABLE, CODE, "success"))
    desk.apply(desk.fix(Remedy.RESTART_VM))

    plan = desk.fix(Remedy.RESTART_VM, no_cool_down=True)

    told = {verdict.guard for verdict in plan.targets[0].verdicts}
    assert {"cool-down", "did-not-help"} == told
    assert 0 == desk.apply(plan).exit_code


def test_next_remedy_is_named_and_taken(tmp_path: Path) -> None:
    """A restart brought no agent back: the next flag is named, and with it the next is planned."""
    desk = open_desk(tmp_path, NO_AGENT)
    failed = desk.apply(desk.fix(Remedy.RESTART_VM))

    same = desk.fix(Remedy.RESTART_VM)
    next_ = desk.fix(Remedy.RESTART_VM, Remedy.REDEPLOY_VM)

    assert 3 == failed.exit_code
    assert 0 == desk.stage.count_jobs()
    assert ("did-not-help",) == guards_of(same)
    assert "--reapply" == same.refusals[0].override
    assert ("RedeployVm", "TriggerBackup", "WaitForJob") == kinds(next_)


def test_trouble_on_the_way_does_not_speak_against_a_remedy(tmp_path: Path) -> None:
    """A restart that Azure refused was not tried."""
    refused = with_faults(
        built_in(NO_AGENT),
        answered(replace(TRIGGER, path="*/restart"), 403, code="AuthorizationFailed"),
    )
    desk = open_desk(tmp_path, refused)
    desk.apply(desk.fix(Remedy.RESTART_VM))

    assert () == guards_of(desk.fix(Remedy.RESTART_VM))


def test_script_that_brought_no_agent_back_is_not_run_again(tmp_path: Path) -> None:
    """The update took the agent down and left it there: now it is a person's turn."""
    slow = {"agentStart": Timing(seconds=86400)}
    desk = open_desk(tmp_path, replace(built_in(OUTDATED), operations=slow))
    failed = desk.apply(desk.fix(Remedy.UPDATE_AGENT))

    (tried,) = read_recent(open_diary(desk.azure), desk.fix().targets[0].target).tried

    assert 3 == failed.exit_code
    assert ("agent-outdated", Remedy.UPDATE_AGENT) == (tried.cause, tried.remedy)


def test_other_code_is_another_story(tmp_path: Path) -> None:
    """The remedy helped against its code; what fails now is judged anew."""
    desk = open_desk(tmp_path, scripted(RESTARTABLE, "UserErrorFsFreezeFailed"))
    desk.apply(desk.fix(Remedy.RESTART_VM))
    desk.wait(hours=2)

    assert "did-not-help" not in guards_of(desk.fix(Remedy.RESTART_VM))


def test_bare_backup_is_not_repeated_blindly(tmp_path: Path) -> None:
    """Every known cause is ruled out and a backup failed all the same: no second one alike."""
    desk = open_desk(tmp_path, NO_CAUSE)
    failed = desk.apply(desk.fix())
    desk.wait(hours=2)

    plan = desk.fix()

    assert 11 == failed.exit_code
    assert ("did-not-help",) == guards_of(plan)
    assert "azremedy explain ExtensionFailedSnapshotLimitReachedError" in plan.refusals[0].message


def test_after_a_day_it_may_be_tried_again(tmp_path: Path) -> None:
    """The world may have changed: nothing is held against a remedy for longer."""
    desk = open_desk(tmp_path, scripted(RESTARTABLE, CODE, CODE))
    desk.apply(desk.fix(Remedy.RESTART_VM))
    desk.wait(hours=25)

    assert () == guards_of(desk.fix(Remedy.RESTART_VM))


def test_journal_tells_which_remedy_was_for_which_cause(tmp_path: Path) -> None:
    """What a later plan needs is in the journal, not in anybody's memory."""
    desk = open_desk(tmp_path, scripted(RESTARTABLE, CODE))
    run = desk.apply(desk.fix(Remedy.RESTART_VM))

    past = read_past(Path(str(run.journal)).parent)

    mends = [(mend.cause, mend.remedy) for mend in past.plan.targets[0].mends]
    assert [("as-the-code-says", Remedy.RESTART_VM)] == mends
