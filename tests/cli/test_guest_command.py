"""``azremedy guest``: what scripts told, and where logs are kept."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from azremedy import api
from azremedy.api.agent import plan_script
from azremedy.api.logs import save_logs
from azremedy.errors import UsageError
from tests.support.calls import list_writes

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.calls import Call

LINUX, WINDOWS = "guest-agent-snapshot-task-status-error", "back-up-operation-failed"
DEAD = "user-error-guest-agent-status-unavailable"
FLEET = "fleet-small"
EXTENSION = "Microsoft.Azure.RecoveryServices.VMSnapshot"


def test_a_check_shows_what_it_means(call: Call) -> None:
    """People get the facts, not the script's own words."""
    called = call("guest", "check", "--vm", "web-1", "--sandbox", WINDOWS, "--yes")

    assert 0 == called.code
    assert "service RdAgent: running" in called.out
    assert "Visual C++ 2013 runtime: no" in called.out
    assert "Extensions.Enabled" not in called.out
    assert "visualc=" not in called.out


def test_a_check_of_linux_shows_its_switches(call: Call) -> None:
    """What the system does not have is not shown."""
    called = call("guest", "check", "--vm", "web-1", "--sandbox", LINUX, "--yes")

    assert "VM agent: 2.2.40" in called.out
    assert "Extensions.Enabled: yes" in called.out
    assert ".NET" not in called.out


def test_json_holds_the_output(call: Call) -> None:
    """Programs get what the script printed, in the step's result."""
    called = call("guest", "check", "--vm", "web-1", "--sandbox", WINDOWS, "--yes", "-o", "json")

    (step,) = called.document["steps"]
    assert 0 == called.code
    assert "dotnet=4.8" in step["output"].splitlines()


def test_a_script_without_output_shows_its_end(call: Call) -> None:
    """A script that prints nothing is told by its step alone."""
    called = call("guest", "update-agent", "--vm", "web-1", "--sandbox", LINUX, "--yes")

    assert 0 == called.code
    assert "version 2.11.1.12 (before: 2.2.40)" in called.out
    assert "azremedy=done" not in called.out


@pytest.mark.parametrize(
    ("scenario", "expected"),
    [
        (
            LINUX,
            [
                "rg-shop/web-1/var/log/waagent.log",
                "rg-shop/web-1/var/lib/waagent/GoalState.1.xml",
                "rg-shop/web-1/var/log/azure/extension.log",
                f"rg-shop/web-1/var/log/azure/{EXTENSION}Linux/extension.log",
            ],
        ),
        (
            WINDOWS,
            [
                "rg-shop/web-1/C/WindowsAzure/Logs/WaAppAgent.log",
                f"rg-shop/web-1/C/WindowsAzure/Logs/Plugins/{EXTENSION}/IaaSBcdrExtension.log",
            ],
        ),
    ],
)
def test_logs_are_kept_for_their_owner(
    call: Call, tmp_path: Path, scenario: str, expected: list[str]
) -> None:
    """Each log becomes an entry of an archive that nobody else can read."""
    into = tmp_path / "logs.zip"
    arguments = ("--vm", "web-1", "--sandbox", scenario, "--yes", "--into", str(into))

    called = call("guest", "collect-logs", *arguments)

    with zipfile.ZipFile(into) as archive:
        found = {name: archive.read(name).decode() for name in archive.namelist()}
    assert 0 == called.code
    assert expected == list(found)
    assert all("gent" in text and "file=" not in text for text in found.values())
    assert 0o600 == into.stat().st_mode & 0o777
    assert f"{len(expected)} logs in {into}" in called.err.replace("\n", "")


def test_logs_are_shown_without_an_archive(call: Call) -> None:
    """Without --into the ends of the logs are the answer."""
    called = call("guest", "collect-logs", "--vm", "web-1", "--sandbox", WINDOWS, "--yes")

    assert 0 == called.code
    assert "web-1: collect-logs C:\\WindowsAzure\\Logs\\WaAppAgent.log" in called.out
    assert "GuestAgent version" in called.out


def test_logs_in_json_and_archive(call: Call, tmp_path: Path) -> None:
    """The archive is written whatever form the answer has."""
    into = tmp_path / "logs.zip"
    arguments = ("--vm", "web-1", "--sandbox", WINDOWS, "--yes", "--into", str(into))

    called = call("guest", "collect-logs", *arguments, "-o", "json")

    assert ["done", "done"] == [step["state"] for step in called.document["steps"]]
    assert into.is_file()


def test_an_archive_that_is_there_is_left(call: Call, tmp_path: Path) -> None:
    """Nothing is overwritten, and nothing is asked of Azure first."""
    into = tmp_path / "logs.zip"
    into.write_text("mine")
    record = tmp_path / "exchanges.jsonl"
    arguments = ("--vm", "web-1", "--sandbox", WINDOWS, "--yes", "--record", str(record))

    called = call("guest", "collect-logs", *arguments, "--into", str(into))

    assert 2 == called.code
    assert "exists already" in called.err
    assert "mine" == into.read_text()
    assert not record.exists()


@pytest.mark.parametrize(
    ("action", "into", "told"),
    [("check", "x.zip", "--into is for collect-logs"), ("collect-logs", "no/x.zip", "no folder")],
)
def test_an_archive_that_cannot_be_is_refused(
    call: Call, tmp_path: Path, action: str, into: str, told: str
) -> None:
    """Only logs are kept, and only where a folder is."""
    arguments = ("--vm", "web-1", "--sandbox", WINDOWS, "--yes", "--into", str(tmp_path / into))

    called = call("guest", action, *arguments)

    assert 2 == called.code
    assert told in " ".join(called.err.split())


def test_a_refused_script_keeps_no_archive(call: Call, tmp_path: Path) -> None:
    """Where no script can run there are no logs, and no empty archive either."""
    into = tmp_path / "logs.zip"
    arguments = ("--vm", "web-1", "--sandbox", DEAD, "--yes", "--into", str(into))

    called = call("guest", "collect-logs", *arguments)

    assert 4 == called.code
    assert not into.exists()


@pytest.mark.parametrize("more", [("--dry-run",), ()])
def test_nothing_runs_without_a_yes(call: Call, tmp_path: Path, more: tuple[str, ...]) -> None:
    """Neither a dry run nor a call without a terminal sends a script."""
    record = tmp_path / "exchanges.jsonl"
    arguments = ("--vm", "web-1", "--sandbox", LINUX, "--record", str(record))

    called = call("guest", "update-agent", *arguments, *more)

    assert (0 if more else 4) == called.code
    assert [] == list_writes(record)


def test_an_unknown_action_is_a_mistake(call: Call) -> None:
    """Only azremedy's own scripts can be run."""
    called = call("guest", "rm", "--vm", "web-1", "--sandbox", LINUX)

    assert 2 == called.code
    assert "deep-clean" in called.err


def test_more_targets_than_expected_are_refused(call: Call) -> None:
    """Scripts in many VMs at once need a higher limit."""
    arguments = ("--vm", "app-01", "--vm", "app-02", "--max-targets", "1")

    called = call("guest", "check", *arguments, "--sandbox", FLEET, "--yes")

    assert 4 == called.code
    assert "use --max-targets" in called.out


@pytest.mark.parametrize(
    ("answer", "code", "sent", "told"),
    [("y", 0, 1, True), ("n", 4, 0, False)],
)
def test_a_person_is_asked(
    tmp_path: Path, answer: str, code: int, *, sent: int, told: bool
) -> None:
    """On a terminal the plan is shown, and only a yes runs the script."""
    record = tmp_path / "exchanges.jsonl"
    command = ("guest", "check", "--vm", "web-1", "--sandbox", LINUX, "--record", str(record))

    ended, out = _typed(answer, command)

    assert code == ended
    assert sent == len(list_writes(record))
    assert told == ("service walinuxagent: running" in out)


def _typed(answer: str, command: tuple[str, ...]) -> tuple[int, str]:
    """Run a command at a terminal, type an answer, and give exit code and stdout."""
    mine, its = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "azremedy", *command],
        stdin=its,
        stderr=its,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        os.close(its)
        seen = ""
        while "[y/N]" not in seen:
            seen += os.read(mine, 4096).decode()
        os.write(mine, f"{answer}\n".encode())
        out, _ = child.communicate(timeout=60)
    os.close(mine)
    return child.returncode, out


def test_an_archive_that_appears_meanwhile_is_left(tmp_path: Path) -> None:
    """Between the first look and the writing somebody made a file of that name."""
    into = tmp_path / "logs.zip"
    with api.connect(api.ConnectOptions(sandbox=LINUX)) as azure:
        plan = plan_script(azure, api.VmNames(names=("web-1",)), "collect-logs")
        run = api.preview(plan, dry_run=True)

    assert () == save_logs(run, into)
    with pytest.raises(UsageError):
        save_logs(run, into)
