"""What GitHub Actions and Azure Pipelines are told."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from azremedy import api
from azremedy.cli.main import cli
from azremedy.report import ci
from azremedy.report.ci import Issue, Level, Pipeline

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.domain.plan import Plan
    from azremedy.domain.run import Run

ARGUMENTS = ["fix", "--vm", "web-1", "--sandbox", "restore-point-limit", "-o", "none"]
AWKWARD = Issue(level=Level.ERROR, title="a: b, c", message="100 %\r\n##vso[task.x]")


@pytest.fixture(scope="module")
def refused() -> Run:
    """Give a run that a lock refused."""
    with api.connect(api.ConnectOptions(sandbox="restore-point-limit")) as azure:
        plan: Plan = api.plan_fix(azure, api.VmNames(names=("web-1",)))
    return api.preview(plan)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, None),
        ({"GITHUB_ACTIONS": "false", "CI": "true"}, None),
        ({"GITHUB_ACTIONS": "true"}, Pipeline.GITHUB),
        ({"TF_BUILD": "True"}, Pipeline.AZURE),
    ],
)
def test_pipeline_is_known_by_its_own_variable(
    environ: dict[str, str], expected: Pipeline | None
) -> None:
    """Not by what several set."""
    assert expected is ci.find_pipeline(environ)


@pytest.mark.parametrize(
    ("pipeline", "expected"),
    [
        (Pipeline.GITHUB, "::error title=a%3A b%2C c::100 %25%0D%0A##vso[task.x]\n"),
        (
            Pipeline.AZURE,
            "##vso[task.logissue type=error]a: b, c: 100 %AZP25%0D%0A##vso[task.x]\n",
        ),
    ],
)
def test_annotation_is_one_line_whatever_it_says(pipeline: Pipeline, expected: str) -> None:
    """What would end a line, or a property, is written as the pipeline's documents say."""
    assert expected == ci.write_issues((AWKWARD,), pipeline)


@pytest.mark.parametrize("pipeline", Pipeline)
def test_annotation_holds_no_secret(pipeline: Pipeline) -> None:
    """Secrets are taken out before they are escaped, which would hide them."""
    secret = "Z" * 24
    issue = replace(AWKWARD, message=f"failed\nclient_secret={secret}\nover")

    assert secret not in ci.write_issues((issue,), pipeline)


def test_no_more_annotations_than_a_page_shows() -> None:
    """The tenth tells how many more there are."""
    lines = ci.write_issues([AWKWARD] * 25, Pipeline.GITHUB).splitlines()

    assert 10 == len(lines)
    assert lines[-1].endswith("::16 more of these are in the log and in the summary.")


def test_refusal_is_an_error_with_the_flag_that_allows_it(refused: Run) -> None:
    """A reader sees what to do next without opening the log."""
    (issue,) = ci.list_issues(refused)

    assert Level.ERROR is issue.level
    assert "azremedy fix: refused: lock-in-the-way" == issue.title
    assert issue.message.endswith("Next: use --unlock.")


def test_github_summary_is_added_to_the_steps_file(refused: Run, tmp_path: Path) -> None:
    """What an earlier command wrote stays."""
    path = tmp_path / "summary.md"
    path.write_text("before\n", encoding="utf-8")

    told = ci.keep_summary(
        ci.write_summary(refused), Pipeline.GITHUB, {"GITHUB_STEP_SUMMARY": str(path)}
    )

    assert "" == told
    assert path.read_text(encoding="utf-8").startswith("before\n# azremedy fix: Refused")


def test_azure_summary_is_a_file_in_the_jobs_folder(tmp_path: Path) -> None:
    """The agent is told its path, and takes it up later."""
    told = ci.keep_summary("# text\n", Pipeline.AZURE, {"AGENT_TEMPDIRECTORY": str(tmp_path)})

    (path,) = tmp_path.iterdir()
    assert f"##vso[task.uploadsummary]{path}\n" == told
    assert "# text\n\n" == path.read_text(encoding="utf-8")


def test_summary_too_long_for_the_page_is_cut_at_a_line(tmp_path: Path) -> None:
    """A summary above the limit would not be shown at all."""
    path = tmp_path / "summary.md"

    ci.keep_summary("ä line\n" * 200_000, Pipeline.GITHUB, {"GITHUB_STEP_SUMMARY": str(path)})

    lines = path.read_text(encoding="utf-8").splitlines()
    assert path.stat().st_size < 1024 * 1024
    assert ["ä line", "", lines[-2], ""] == lines[-4:]
    assert lines[-2].startswith("Cut: ")


def test_summary_that_cannot_be_written_is_a_warning(tmp_path: Path) -> None:
    """It does not change what the command comes to."""
    told = ci.keep_summary(
        "text", Pipeline.GITHUB, {"GITHUB_STEP_SUMMARY": str(tmp_path / "not" / "there")}
    )

    assert told.startswith("::warning title=azremedy::The summary cannot be written: ")


@pytest.mark.parametrize(
    ("name", "value", "begins"),
    [
        ("GITHUB_ACTIONS", "true", "::error "),
        ("TF_BUILD", "True", "##vso[task.logissue type=error"),
    ],
)
def test_command_annotates_on_standard_error(name: str, value: str, begins: str) -> None:
    """Standard output is the answer's."""
    ran = CliRunner().invoke(cli, ARGUMENTS, env={name: value})

    assert "" == ran.stdout
    assert 1 == len([line for line in ran.stderr.splitlines() if line.startswith(begins)])


def test_command_says_nothing_to_pipelines_elsewhere() -> None:
    """A person's terminal shows no workflow commands."""
    ran = CliRunner().invoke(cli, ARGUMENTS, env={"GITHUB_ACTIONS": None, "TF_BUILD": None})

    assert "::error" not in ran.output
    assert "##vso" not in ran.output


def test_error_that_ends_a_command_is_annotated() -> None:
    """Also where there is no plan to tell of."""
    ran = CliRunner().invoke(cli, [*ARGUMENTS, "-g", "nope"], env={"GITHUB_ACTIONS": "true"})

    assert any(
        line.startswith("::error title=azremedy%3A not-found::There is no VM 'web-1'")
        for line in io.StringIO(ran.stderr)
    )
