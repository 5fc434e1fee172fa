"""What people know from az, Terraform, kubectl, pip-audit and gh holds here: a test for each habit.

The table is in ``tests/cases/conventions.yaml``; ``python -m tests.cli.test_conventions`` writes
it for README.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest
import yaml

from azremedy.cli.main import cli
from azremedy.cli.streams import write_plainly
from tests.support.calls import list_writes
from tests.support.terminals import run_at_terminal

if TYPE_CHECKING:
    from tests.support.calls import Call

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
LIMIT = "restore-point-limit"
WORLD = ("--sandbox", LIMIT)
SUBSCRIPTION = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/AzureBackupRG_westeurope_1"
LOCK = f"{GROUP}/providers/Microsoft.Authorization/locks/no-deletes"
CONVENTIONS = yaml.safe_load(
    (Path(__file__).parents[1] / "cases" / "conventions.yaml").read_text(encoding="utf-8")
)


def test_each_convention_has_its_test() -> None:
    """No row without a test, and no test of these modules without a row."""
    found = {
        name
        for path in Path(__file__).parent.glob("test_conventions*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    about_the_table = {"test_each_convention_has_its_test", "test_each_tool_is_in_the_table"}

    assert found - about_the_table == {each["test"] for each in CONVENTIONS}


def test_each_tool_is_in_the_table() -> None:
    """All five are looked at, and the table is Markdown."""
    lines = write_table().splitlines()

    tools = {"az", "Terraform", "kubectl", "pip-audit", "gh"}
    assert tools == {line.split(" | ")[0].removeprefix("| ") for line in lines[2:]}
    assert {4} == {len(re.findall(r"(?<!\\)\|", line)) for line in lines}


def write_table() -> str:
    """Write the table as README shows it."""
    rows = (f"| {each['from']} | {each['habit']} | {each['here']} |\n" for each in CONVENTIONS)
    return f"| from | habit | here |\n|---|---|---|\n{''.join(rows)}"


def extended(name: str) -> dict[str, Any]:
    """Begin a scenario that is the usual one with something changed."""
    return {"schema": "azremedy.sandbox/1", "extends": LIMIT, "name": name, "title": "A world."}


def keep_plan(call: Call, path: Path, world: str = LIMIT) -> None:
    """Keep the plan that takes the lock off."""
    kept = call("plan", "unlock-rg", "--all", "--out", str(path), "--sandbox", world)
    assert 0 == kept.code


def test_kept_plan_is_carried_out(call: Call, tmp_path: Path) -> None:
    """What was kept is what is done, without a question when its fingerprint is approved."""
    path = tmp_path / "plan.json"
    keep_plan(call, path)
    fingerprint = json.loads(path.read_text())["fingerprint"]

    applied = call("apply", str(path), "--approve", fingerprint, *WORLD, "--query", "state")

    assert (0, "Result\n------\ndone\n") == (applied.code, applied.out)


def test_stale_plan_is_refused(call: Call, tmp_path: Path) -> None:
    """When the world has moved the plan is not carried out, and the difference is told."""
    path, world = tmp_path / "plan.json", tmp_path / "world.json"
    world.write_text(json.dumps(extended("moving")))
    keep_plan(call, path, str(world))
    world.write_text(json.dumps(extended("moving") | {"remove": [LOCK]}))

    applied = call("apply", str(path), "--yes", "--sandbox", str(world))

    assert 7 == applied.code
    assert "no-deletes" in applied.err


def test_pending_changes_have_an_exit_code(call: Call) -> None:
    """Ten when there is something to do, nought when there is nothing."""
    asked = ("--dry-run", "--detailed-exitcode")

    assert 10 == call("unlock-rg", "--all", *WORLD, *asked).code
    assert 0 == call("clean-rpc", "--orphaned", "--sandbox", "healthy", *asked).code


def test_dry_run_and_run_have_one_schema(call: Call) -> None:
    """A script that reads the one reads the other."""
    command = ("unlock-rg", "--all", *WORLD, "-o", "json")

    shown, done = call(*command, "--dry-run").document, call(*command, "--yes").document

    assert set(shown) == set(done)
    assert shown["schema"] == done["schema"]
    assert [True, False] == [shown["dryRun"], done["dryRun"]]


def test_nobody_to_ask_means_no(call: Call, tmp_path: Path) -> None:
    """Without a terminal and without --yes nothing is changed; exit code 4."""
    record = tmp_path / "exchanges.jsonl"

    called = call("unlock-rg", "--all", *WORLD, "--record", str(record))

    assert (4, []) == (called.code, list_writes(record))
    assert "--yes" in called.err


def test_concurrency_has_a_default() -> None:
    """Every command that works on several VMs says how many at once."""
    fix = cli.get_command(click.Context(cli), "fix")

    assert (
        [10] == [option.default for option in fix.params if option.name == "concurrency"]
        if fix
        else []
    )


def test_dry_run_sends_no_change(call: Call, tmp_path: Path) -> None:
    """Neither does --out, which keeps the plan."""
    record = tmp_path / "exchanges.jsonl"
    command = ("clean-rpc", "--vm", "web-1", "--unlock", *WORLD, "--record", str(record))

    call(*command, "--dry-run")
    call(*command, "--out", str(tmp_path / "plan.json"))

    assert record.exists()
    assert [] == list_writes(record)


def test_explain_works_offline(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """A code is explained without any network."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")

    called = call(
        "explain", "UserErrorRpCollectionLimitReached", "-o", "json", "--query", "[].playbook.code"
    )

    assert (0, ["UserErrorRpCollectionLimitReached"]) == (called.code, called.document)


def test_access_can_be_asked_for(call: Call, tmp_path: Path) -> None:
    """Whether a command could do its work is told before it is called."""
    reader = tmp_path / "reader.json"
    caller = [{"scope": "/", "actions": ["*/read"], "notActions": []}]
    reader.write_text(json.dumps(extended("reader") | {"caller": caller}))
    asked = ("check-access", "unlock-rg")

    assert 0 == call(*asked, *WORLD).code
    assert 5 == call(*asked, "--sandbox", str(reader)).code


def test_refusal_names_its_flag(call: Call) -> None:
    """What would be lost or opened has one flag, and the refusal names it."""
    called = call("clean-rpc", "--vm", "web-1", "--dry-run", *WORLD)

    assert 4 == called.code
    assert "(use --unlock)" in called.out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_completion_has_four_shells(call: Call, shell: str) -> None:
    """Each gets its script from one command."""
    called = call("completion", shell)

    assert (0, True) == (called.code, f"{shell}_complete" in called.out)


def test_fix_has_a_dry_run(call: Call, tmp_path: Path) -> None:
    """What would be mended is shown, and nothing is."""
    record = tmp_path / "exchanges.jsonl"

    called = call("fix", "--vm", "web-1", "--unlock", "--dry-run", *WORLD, "--record", str(record))

    assert 0 == called.code
    assert "would" in called.out
    assert [] == list_writes(record)


def test_error_is_one_message(call: Call) -> None:
    """What happened and what to do next, without a traceback; a document for machines."""
    told = call("diagnose", "--vm", "nope", *WORLD)
    document = call("diagnose", "--vm", "nope", *WORLD, "-o", "json").document

    assert ["error:", "  next"] == [line[:6] for line in told.err.splitlines()]
    assert ("azremedy.error/1", "not-found") == (document["schema"], document["msgid"])


def test_findings_have_an_exit_code(call: Call) -> None:
    """Ten when a cause is confirmed and the caller wants to know by the exit code."""
    command = ("diagnose", "--vm", "web-1", *WORLD)

    assert [0, 10] == [call(*command).code, call(*command, "--detailed-exitcode").code]


def test_runs_are_listed_and_shown(call: Call) -> None:
    """What was done can be looked up, step by step."""
    call("unlock-rg", "--all", *WORLD, "--yes")

    listed = call("runs", "--rehearsals", "-o", "tsv", "--query", "[].[past.runId, state]").out
    run_id, state = listed.strip().split("\t")
    shown = call("runs", "show", run_id, "--rehearsals")

    assert "done" == state
    assert "no-deletes" in shown.out


def test_colours_are_for_terminals(call: Call) -> None:
    """At a terminal there is style, with NO_COLOR no colour, and in a pipe nothing of both."""
    command = ("config", "list", "-o", "jsonc")

    coloured = run_at_terminal(*command)
    plain = run_at_terminal(*command, env={"NO_COLOR": "1"})

    assert re.search(r"\x1b\[[0-9;]*3[0-9]", coloured)
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", plain)
    assert "\x1b" not in call(*command).out


def test_tables_fit_the_terminal(call: Call) -> None:
    """Sixty columns are enough; without a terminal no id is broken."""
    narrow = ESCAPES.sub("", run_at_terminal("config", "list", columns=60))
    wrapped = run_at_terminal("fix", "-h", columns=60).partition("Options:")[2]

    assert 60 >= max(map(len, narrow.splitlines()))
    assert 60 >= max(map(len, wrapped.splitlines()))
    assert f"lock no-deletes (CanNotDelete) at {GROUP}" in call("find-rg", *WORLD).out


def test_reader_may_end_early() -> None:
    """``azremedy … | head -1`` leaves no traceback."""
    command = f"{sys.executable} -m azremedy sandbox list | head -1"

    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, check=True, timeout=60
    )

    assert ("Nothing is wrong\n", "") == (done.stdout, done.stderr)


@pytest.mark.parametrize("encoding", ["cp437", "cp1252", "ascii"])
def test_code_pages_lack_nothing(call: Call, encoding: str) -> None:
    """No character fails: documents escape it, and texts write what means the same, or ``?``."""
    name = "Prüfung … 日本"
    call("config", "set", f"subscription={name}")

    table, document = (
        subprocess.run(
            [sys.executable, "-m", "azremedy", "config", "list", "-o", form],
            env={**os.environ, "PYTHONIOENCODING": encoding},
            capture_output=True,
            check=True,
            timeout=60,
        ).stdout.decode(encoding)
        for form in ("table", "json")
    )

    assert name in {each["value"] for each in json.loads(document)}
    assert re.search(r"Pr.fung (\.\.\.|…) \?\?", table)
    error = UnicodeEncodeError("ascii", "a…—é", 1, 4, "lacking")
    assert ("...-?", 4) == write_plainly(error)
    with pytest.raises(UnicodeDecodeError):
        write_plainly(UnicodeDecodeError("ascii", b"\xff", 0, 1, "no text"))


if __name__ == "__main__":
    sys.stdout.write(write_table())
