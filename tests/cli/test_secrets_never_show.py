"""Secrets that Azure tells by accident are shown to nobody and written nowhere."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from azremedy.redaction import MARK, redact
from tests.support import canaries
from tests.support.canaries import CANARIES, find_leaks, find_leaks_in_files

if TYPE_CHECKING:
    from tests.support.calls import Call, Called, Serve

VM = ("--vm", "web-1")
CLEAN = ("clean-rpc", *VM, "--unlock", "--include-inherited")
ALWAYS = {"lock-notes", "leased-notes", "extension-message", "agent-message", "job-text"}
READING = {
    "find-rg": (("find-rg",), {"lock-notes"}),
    "diagnose": (("diagnose", *VM, "--everything"), {*ALWAYS, "job-advice", "health-message"}),
    "unlock-rg": (("unlock-rg", "--all", "--dry-run"), {"lock-notes"}),
    "clean-rpc": ((*CLEAN, "--dry-run"), {"lock-notes", "leased-notes"}),
    "fix": (
        ("fix", *VM, "--unlock", "--include-inherited", "--dry-run"),
        {"lock-notes", "job-text", "agent-message"},
    ),
}
"""Commands that only look, with some of the secrets that they get to see."""


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """Give the file of a world that tells secrets."""
    return canaries.write_world(tmp_path)


def state() -> Path:
    """Give the folder of journals."""
    return Path(os.environ["AZREMEDY_STATE_DIR"])


def assert_silent(called: Called) -> None:
    """Check both streams."""
    assert [] == [*find_leaks(called.out, "stdout"), *find_leaks(called.err, "stderr")]


def assert_seen(record: Path, names: set[str]) -> None:
    """Check that Azure did tell these secrets: else their absence proves nothing."""
    told = record.read_text()
    assert [] == [name for name in sorted(names) if CANARIES[name] not in told]


@pytest.mark.parametrize("form", [("--debug",), ("-o", "json"), ("-o", "yaml", "--verbose")])
@pytest.mark.parametrize("name", READING)
def test_what_commands_show_holds_no_secret(
    call: Call, tmp_path: Path, world: Path, name: str, form: tuple[str, ...]
) -> None:
    """Neither their answers nor what they tell on the way."""
    line, seen = READING[name]
    record = tmp_path / "exchanges.jsonl"

    called = call(*line, "--sandbox", str(world), "--record", str(record), *form)

    assert 0 == called.code
    assert_seen(record, seen)
    assert_silent(called)


def test_people_see_the_rest_of_a_note(call: Call, world: Path) -> None:
    """A lock's note says whom to ask, whatever else it holds."""
    called = call("find-rg", "--sandbox", str(world))

    assert f"abcd?{MARK}, before it goes" in called.out


def test_a_run_leaves_no_secret_but_what_it_needs(call: Call, tmp_path: Path, world: Path) -> None:
    """Locks stand whole in the journal, which is the owner's alone, and go back as they were."""
    record = tmp_path / "exchanges.jsonl"

    called = call(*CLEAN, "--yes", "--debug", "--sandbox", str(world), "--record", str(record))

    assert 0 == called.code
    assert_silent(called)
    assert [] == find_leaks_in_files(state())
    (journal,) = state().rglob("journal.jsonl")
    assert 0o600 == journal.stat().st_mode & 0o777
    assert CANARIES["leased-notes"] in journal.read_text()
    assert [f"password={CANARIES['leased-notes']}"] == put_back(record)


def put_back(record: Path) -> list[str]:
    """List the notes of the locks that were written."""
    exchanges = [json.loads(line) for line in record.read_text().splitlines()]
    return [
        each["request_body"]["properties"]["notes"]
        for each in exchanges
        if each["method"] == "PUT" and "/locks/" in each["url"]
    ]


def entries(journal: Path) -> list[Any]:
    """Read a journal."""
    return [json.loads(line) for line in journal.read_text().splitlines()]


def test_a_run_is_told_afterwards_without_secrets(call: Call, tmp_path: Path, world: Path) -> None:
    """By every command that reads journals, on a page and in a ticket."""
    call(*CLEAN, "--yes", "--sandbox", str(world))
    (folder,) = (state() / "sandbox" / "runs").iterdir()
    page = tmp_path / "told" / "run.md"
    page.parent.mkdir()

    for line in (
        ("runs",),
        ("runs", "show", folder.name),
        ("report", folder.name, "--md", str(page)),
    ):
        for form in ((), ("-o", "json")):
            called = call(*line, "--rehearsals", *form)
            page.rename(page.with_suffix(".old")) if page.exists() else None
            assert 0 == called.code
            assert_silent(called)
    assert [] == find_leaks_in_files(page.parent)
    assert f"password={MARK}" in call("runs", "show", folder.name, "--rehearsals", "-o", "json").out


def test_a_failure_is_told_without_the_secrets_in_azures_words(call: Call, tmp_path: Path) -> None:
    """An error's body is Azure's own text; the code and the ids in it stay."""
    world = canaries.write_world(tmp_path, faults=[canaries.refusing_deletions()])

    for form in (("--debug",), ("-o", "json")):
        called = call(*CLEAN, "--yes", "--sandbox", str(world), *form)

        assert 0 != called.code
        assert f"client_secret={MARK}" in called.out + called.err
        assert "AuthorizationFailed" in called.out + called.err
        assert_silent(called)
    assert [] == find_leaks_in_files(state())


def test_the_url_of_an_operation_stands_in_the_journal_only(call: Call, tmp_path: Path) -> None:
    """Whoever has it can follow the operation."""
    world = canaries.write_world(tmp_path, faults=canaries.failing_reset())
    line = ("reset-extension", *VM, "--unlock", "--include-inherited", "--during-job", "--yes")

    called = call(*line, "--sandbox", str(world), "--debug")

    assert f"abcd?{MARK}" in called.err
    assert_silent(called)
    assert [] == find_leaks_in_files(state())
    (journal,) = state().rglob("journal.jsonl")
    (token,) = (entry["operationToken"] for entry in entries(journal) if entry["operationToken"])
    assert CANARIES["operation-url"] in base64.b64decode(token).decode()
    assert token not in called.out + called.err
    assert token not in redact(token)


def test_logs_of_a_guest_are_kept_without_keys_of_storage(call: Call, tmp_path: Path) -> None:
    """The archive is made to be sent to somebody."""
    world = canaries.write_world(tmp_path, faults=canaries.telling_logs())
    folder = tmp_path / "logs"
    folder.mkdir()
    line = ("guest", "collect-logs", *VM, "--unlock", "--include-inherited", "--yes")

    called = call(*line, "--sandbox", str(world), "--into", str(folder / "web-1.zip"), "--debug")

    assert 0 == called.code
    assert_silent(called)
    assert [] == [*find_leaks_in_files(state()), *find_leaks_in_files(folder)]
    assert f"abcd?{MARK} 201" in canaries.read(folder / "web-1.zip")


def test_a_kept_plan_holds_no_secret_and_is_carried_out_all_the_same(
    call: Call, tmp_path: Path, world: Path
) -> None:
    """Plans are handed round; the lock's whole body is read anew before it is taken off."""
    kept = tmp_path / "kept" / "plan.json"
    kept.parent.mkdir()
    record = tmp_path / "exchanges.jsonl"
    called = call(*CLEAN, "--out", str(kept), "--sandbox", str(world), "--debug")
    assert_silent(called)
    assert [] == find_leaks_in_files(kept.parent)

    applied = call(
        "apply", str(kept), "--yes", "--sandbox", str(world), "--record", str(record), "--debug"
    )

    assert 0 == applied.code
    assert_silent(applied)
    assert [f"password={CANARIES['leased-notes']}"] == put_back(record)


def test_a_copy_of_a_subscription_holds_no_secret(call: Call, tmp_path: Path, world: Path) -> None:
    """It is made to be sent to somebody."""
    folder = tmp_path / "copies"
    folder.mkdir()

    called = call("sandbox", "capture", "--sandbox", str(world), "-o", str(folder / "copy.yaml"))

    assert 0 == called.code
    assert [] == find_leaks_in_files(folder)
    assert f"password={MARK}" in (folder / "copy.yaml").read_text()


@pytest.mark.parametrize("secret", ["Nobody4Shall8See0This2Secret", "wrong"])
def test_the_secret_of_the_sign_in_never_shows(serve: Serve, program: Call, secret: str) -> None:
    """The sign-in's own loggers are heard too, when it works and when it fails."""
    env = {**serve("healthy").env, "AZURE_CLIENT_SECRET": secret}

    called = program("find-rg", "--debug", env=env)

    assert (5 if secret == "wrong" else 0) == called.code
    assert "debug: azure.identity" in called.err
    assert f"client_secret={secret}" not in called.err
    assert "eyJ" not in called.err + called.out
    assert "Nobody4Shall8" not in called.err + called.out


def test_the_report_of_a_defect_holds_no_secret(tmp_path: Path) -> None:
    """It is made to be sent to somebody, and nobody but its owner can read it."""
    code = (
        "import sys, click\n"
        "from azremedy.cli.main import cli, main\n"
        "def fail():\n"
        f"    raise ValueError({canaries.sas_of('job-text')!r})\n"
        "cli.add_command(click.Command('fail', callback=fail))\n"
        "sys.argv = ['azremedy', 'fail']\n"
        "main()"
    )

    done = run_python(code, tmp_path)

    (report,) = tmp_path.glob("azremedy-*.txt")
    assert 1 == done.returncode
    assert [] == [*find_leaks(report.read_text(), "report"), *find_leaks(done.stderr, "stderr")]
    assert f"abcd?{MARK}" in report.read_text()
    assert 0o600 == report.stat().st_mode & 0o777


def test_a_mistyped_command_line_is_not_repeated_with_its_secret(program: Call) -> None:
    """Terminals and build logs keep what is told."""
    called = program("find-rg", "-o", canaries.sas_of("job-text"))

    assert 2 == called.code
    assert f"abcd?{MARK}" in called.err
    assert_silent(called)


def run_python(code: str, folder: Path) -> Any:
    """Run a program whose files for a while lie in a folder."""
    env = {**os.environ, "TMPDIR": str(folder)}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)
