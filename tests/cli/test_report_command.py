"""``azremedy report`` writes runs, plans and scans in each form, into new files only."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import parse

import pytest

if TYPE_CHECKING:
    from tests.support.calls import Call

WORLD = ("--sandbox", "restore-point-limit")


@pytest.fixture
def run_id(call: Call) -> str:
    """Fix a world and give the run's name."""
    return str(
        call("fix", "--vm", "web-1", *WORLD, "--unlock", "--yes", "-o", "json").document["runId"]
    )


def test_run_is_written_in_every_form(call: Call, run_id: str, tmp_path: Path) -> None:
    """One call, four files, and nothing but their names on the terminal."""
    files = {form: tmp_path / f"run.{form}" for form in ("html", "md", "json", "junit")}
    options = [part for form, path in files.items() for part in (f"--{form}", str(path))]

    told = call("report", run_id, "--rehearsals", *options)

    assert (0, "") == (told.code, told.out)
    assert [f"Written: {path}" for path in files.values()] == told.err.splitlines()
    assert files["html"].read_text().startswith("<!doctype html>")
    assert files["md"].read_text().startswith(f"# Run {run_id}: fix, done")
    assert run_id == json.loads(files["json"].read_text())["past"]["runId"]
    assert "4" == parse(files["junit"]).getroot().get("tests")  # noqa: S314 - it is our own


def test_answer_is_given_too_where_it_is_asked_for(call: Call, run_id: str, tmp_path: Path) -> None:
    """A form or a query is for the answer, files or not."""
    page = str(tmp_path / "run.html")

    told = call("report", run_id, "--rehearsals", "--html", page, "-o", "json")

    assert "done" == told.document["state"]


def test_tokens_of_operations_stay_in_the_journal(call: Call, run_id: str, tmp_path: Path) -> None:
    """Whoever holds one can poll an operation in the caller's place."""
    root = Path(os.environ["AZREMEDY_STATE_DIR"]) / "sandbox" / "runs" / run_id
    journal = root / "journal.jsonl"
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    taken = next(each for each in lines if each["entry"] == "accepted" and each["operationToken"])
    kept = [
        each for each in lines if each["number"] != taken["number"] or each["entry"] == "intent"
    ]
    journal.write_text("".join(json.dumps(each) + "\n" for each in [*kept, taken]))

    told = call("report", run_id, "--rehearsals", "-o", "json")

    assert {} == told.document["past"]["tokens"]
    assert taken["operationToken"] not in told.out


def test_no_file_is_written_when_one_is_there(call: Call, run_id: str, tmp_path: Path) -> None:
    """Neither the one that is there nor any other."""
    there, page = tmp_path / "run.md", tmp_path / "run.html"
    there.write_text("mine")

    told = call("report", run_id, "--rehearsals", "--html", str(page), "--md", str(there))

    assert (2, "mine", False) == (told.code, there.read_text(), page.exists())


def test_folder_that_is_not_there_is_a_usage_error(call: Call, run_id: str) -> None:
    """The message names the file."""
    told = call("report", run_id, "--rehearsals", "--html", "/no/such/folder/run.html")

    assert 2 == told.code
    assert "/no/such/folder/run.html" in told.err


def test_plan_is_written_as_a_page(call: Call, tmp_path: Path) -> None:
    """With the command that carries out exactly this plan."""
    plan, page = tmp_path / "plan.json", tmp_path / "plan.html"
    call("plan", "clean-rpc", "--vm", "web-1", *WORLD, "--unlock", "--out", str(plan))

    told = call("report", str(plan), "--html", str(page))

    assert 0 == told.code
    assert f"azremedy apply {plan} --approve " in page.read_text()


def test_scan_is_written_in_every_form(call: Call, tmp_path: Path) -> None:
    """A kept scan is known by its form."""
    scan, page = tmp_path / "scan.json", tmp_path / "scan.html"
    call("scan", "--sandbox", "fleet-small", "--out", str(scan))

    told = call("report", str(scan), "--html", str(page))
    text = call("report", str(scan))
    document = call("report", str(scan), "-o", "json").document
    cases = tmp_path / "scan.xml"
    call("report", str(scan), "--junit", str(cases))

    assert 0 == told.code
    assert "VMs failing" in page.read_text()
    assert text.out.startswith("# Scan of ")
    assert json.loads(scan.read_text()) == document
    assert parse(cases).getroot().get("tests") == str(len(document["vms"]))  # noqa: S314 - it is our own


def test_file_that_is_neither_is_refused(call: Call, tmp_path: Path) -> None:
    """Not JSON, or JSON of something else."""
    for text in ("no JSON", "[]", '{"schema": "other/1"}'):
        (tmp_path / "odd.json").write_text(text)
        assert 2 == call("report", str(tmp_path / "odd.json")).code
