"""After a backup that failed the person is told what its codes mean."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from azremedy import api
from azremedy.domain.resources import HealthDetail
from azremedy.domain.run import StepError
from azremedy.errors import AzureAnswer
from azremedy.report.advice_text import show_advice

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.domain.run import Run

LIMIT = "UserErrorRpCollectionLimitReached"
VM = api.VmNames(names=("web-1",))


@pytest.fixture
def failed(tmp_path: Path) -> Run:
    """Run a backup that fails because of the limit of restore points."""
    with api.connect(api.ConnectOptions(sandbox="restore-point-limit")) as azure:
        return api.apply(azure, api.plan_backup(azure, VM), state_folder=tmp_path)


def codes_of(run: Run) -> list[str]:
    """List the codes about which a run advises."""
    return [book.code for advice in api.advise(run) for book in advice.playbooks]


def with_errors(run: Run, *errors: HealthDetail) -> Run:
    """Put other errors into the failed job of a run."""
    steps = (replace(each, job=each.job and replace(each.job, errors=errors)) for each in run.steps)
    return replace(run, steps=tuple(steps))


def test_code_of_the_job_is_explained(failed: Run) -> None:
    """The job's title leads to the playbook, for the VM that was backed up."""
    (advice,) = api.advise(failed)

    assert ([LIMIT], "web-1") == (codes_of(failed), advice.vm_id.name)


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        (HealthDetail(code=400206, title=""), ["ExtensionSnapshotFailedNoNetwork"]),
        (HealthDetail(code=400206, title="NobodyKnowsThis"), ["ExtensionSnapshotFailedNoNetwork"]),
        (HealthDetail(code=None, title="NobodyKnowsThis"), []),
        (HealthDetail(code=1, title=""), []),
        (
            HealthDetail(
                code=400349, title="", message="DiskRestorePointClientError: no key vault"
            ),
            ["UserErrorCrpReportedUserError", "DiskRestorePointClientError"],
        ),
    ],
)
def test_code_is_found_by_title_number_or_inside(
    detail: HealthDetail, expected: list[str], failed: Run
) -> None:
    """A job may carry a number only, or wrap the code that matters."""
    assert expected == codes_of(with_errors(failed, detail))


def test_one_code_is_told_once(failed: Run) -> None:
    """A job that repeats its error is explained once."""
    detail = HealthDetail(code=400206, title="")

    assert ["ExtensionSnapshotFailedNoNetwork"] == codes_of(with_errors(failed, detail, detail))


def test_refusal_to_start_a_backup_is_explained(failed: Run) -> None:
    """The service refuses with a code of its own when there were too many backups today."""
    error = StepError(
        msgid="azure",
        message="refused",
        advice="",
        exit_code=3,
        answer=AzureAnswer(status=400, code="CloudDosTimeboudLimitReached"),
    )
    first, *others = (replace(each, job=None, error=None) for each in failed.steps)
    refused = replace(failed, steps=(replace(first, error=error), *others))

    assert ["CloudDosTimeboudLimitReached"] == codes_of(refused)


def test_run_without_failure_needs_no_advice(failed: Run) -> None:
    """Nothing is said after a backup that went well."""
    steps = tuple(replace(each, error=None) for each in failed.steps)

    assert () == api.advise(replace(failed, steps=steps))


def test_bad_playbook_of_the_user_does_not_hide_the_run(
    failed: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What became of a run is told whatever lies in the user's folder."""
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "own.yaml").write_text("nonsense: true\n", encoding="utf-8")
    monkeypatch.setenv("AZREMEDY_PLAYBOOKS", str(folder))

    assert [LIMIT] == codes_of(failed)


def test_advice_names_the_commands_that_go_on(failed: Run) -> None:
    """Commands are whole, ready to be pasted."""
    console = Console(width=80)
    (advice,) = api.advise(failed)

    with console.capture() as captured:
        show_advice(advice.playbooks, advice.vm_id, console)

    lines = captured.get().splitlines()
    assert f"  next: azremedy diagnose --vm {advice.vm_id}" in lines
    assert f"  next: azremedy explain {LIMIT}" in lines


def test_nothing_is_said_about_no_code(failed: Run) -> None:
    """Without a playbook there is nothing to show."""
    console = Console(width=80)

    with console.capture() as captured:
        show_advice((), failed.plan.targets[0].target, console)

    assert "" == captured.get()
