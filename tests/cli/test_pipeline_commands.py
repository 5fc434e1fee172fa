"""Scans and runs that are taken up also tell the pipeline that they run in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from azremedy.cli.main import cli

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

CAUSES = [
    "ExtensionOperationFailedForManagedDisks",
    "UserErrorGuestAgentStatusUnavailable",
    "UserErrorRpCollectionLimitReached",
]


def call(*arguments: str, **environ: str) -> Result:
    """Call a command within a pipeline, or outside of any."""
    outside = {"GITHUB_ACTIONS": None, "TF_BUILD": None}
    return CliRunner().invoke(cli, arguments, env={**outside, **environ}, catch_exceptions=False)


def test_scan_warns_of_each_cause_and_leaves_a_summary(tmp_path: Path) -> None:
    """Causes of failures are warnings with the next command; the page has the whole scan."""
    kept, summary = tmp_path / "scan.json", tmp_path / "summary.md"

    ran = call(
        *("scan", "--sandbox", "fleet-small", "--out", str(kept), "-o", "json"),
        GITHUB_ACTIONS="true",
        GITHUB_STEP_SUMMARY=str(summary),
    )

    assert 0 == ran.exit_code
    assert "azremedy.scan/1" == json.loads(ran.stdout)["schema"]
    told = [line for line in ran.stderr.splitlines() if line.startswith("::")]
    assert [f"::warning title=azremedy scan%3A {cause}" for cause in CAUSES] == [
        line.rpartition("::")[0] for line in told
    ]
    assert f"%0ANext: azremedy fix --from-scan {kept} --cause" in told[-1]
    text = summary.read_text(encoding="utf-8")
    assert text.startswith("# Scan of ")
    assert "## point-group-locked: " in text


def test_scan_tells_azure_pipelines_in_its_own_words(tmp_path: Path) -> None:
    """An issue for each cause, and the summary as a file that is uploaded."""
    folder = tmp_path / "agent"
    folder.mkdir()
    ran = call(
        *("scan", "--sandbox", "restore-point-limit", "-o", "none"),
        TF_BUILD="True",
        AGENT_TEMPDIRECTORY=str(folder),
    )

    (summary,) = folder.iterdir()
    issue, upload = (line for line in ran.stderr.splitlines() if line.startswith("##vso"))
    assert issue.startswith(f"##vso[task.logissue type=warning]azremedy scan: {CAUSES[2]}: ")
    assert f"##vso[task.uploadsummary]{summary}" == upload


@pytest.mark.parametrize("command", [("scan",), ("resume", "RUN", "--yes")])
def test_nothing_is_told_where_there_is_no_pipeline(command: tuple[str, ...]) -> None:
    """A person's terminal shows no workflow commands."""
    run_id = fix()
    words = (run_id if word == "RUN" else word for word in command)

    ran = call(*words, "--sandbox", "restore-point-limit")

    assert "::" not in ran.stderr
    assert "##vso" not in ran.stderr


def test_run_that_is_taken_up_leaves_a_summary(tmp_path: Path) -> None:
    """Its end is on the page of the job that took it up."""
    run_id, summary = fix(), tmp_path / "summary.md"

    ran = call(
        *("resume", run_id, "--sandbox", "restore-point-limit", "--yes", "-o", "none"),
        GITHUB_ACTIONS="true",
        GITHUB_STEP_SUMMARY=str(summary),
    )

    assert 0 == ran.exit_code
    assert f"({run_id})" in summary.read_text(encoding="utf-8").splitlines()[0]


def fix() -> str:
    """Mend a world outside of any pipeline, and give the run's name."""
    done = call(
        *("fix", "--vm", "web-1", "--sandbox", "restore-point-limit", "--unlock", "--yes"),
        *("-o", "json"),
    )
    return str(json.loads(done.stdout)["runId"])
