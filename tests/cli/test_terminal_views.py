"""At a terminal a plan is a tree and a run is a line a target; elsewhere both are plain lines."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from azremedy import api
from azremedy.domain.events import RunEnded, StepEnded, StepProgressed, StepStarted
from azremedy.domain.planner.fix.options import FixOptions
from azremedy.domain.run import Run, RunState, StepError, StepResult, StepState
from azremedy.report.board import Board
from azremedy.report.plan_text import show_plan
from tests.support.terminals import run_at_terminal

if TYPE_CHECKING:
    from azremedy.domain.plan import Plan
    from tests.support.calls import Call

LIMIT = "restore-point-limit"
WORLD = ("--sandbox", LIMIT)
CLEAN = ("clean-rpc", "--vm", "web-1", "--unlock", "--relock", *WORLD)
ESCAPES = re.compile(r"\x1b\[\??[0-9;]*[a-zA-Z]")
FLEET = ("app-03", "app-04", "app-05")


@pytest.fixture(scope="module")
def plan() -> Plan:
    """Give a plan with causes, losses, reversible steps and others."""
    with api.connect(api.ConnectOptions(sandbox=LIMIT)) as azure:
        return api.plan_fix(azure, api.VmNames(names=("web-1",)), FixOptions(unlock=True))


@pytest.fixture(scope="module")
def asking() -> Plan:
    """Give a plan with steps that only a person can take."""
    world = "guest-agent-snapshot-task-status-error"
    with api.connect(api.ConnectOptions(sandbox=world)) as azure:
        return api.plan_fix(azure, api.VmNames(names=("web-1",)), FixOptions())


@pytest.fixture(scope="module")
def fleet() -> Plan:
    """Give a plan for three VMs, with two steps each."""
    with api.connect(api.ConnectOptions(sandbox="fleet-small")) as azure:
        return api.plan_backup(azure, api.VmNames(names=FLEET))


def draw(plan: Plan, *, width: int = 100, encoding: str = "utf-8") -> str:
    """Give what a terminal shows of a plan, without its colours."""
    console = Console(file=Page(encoding), width=width, highlight=False, force_terminal=True)
    show_plan(plan, console)
    return ESCAPES.sub("", console.file.getvalue())  # type: ignore[attr-defined] # a page


class Page(StringIO):
    """A stream in memory with an encoding of its own."""

    def __init__(self, encoding: str) -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override] # typeshed has it as an attribute
        """Say what can be written."""
        return self._encoding


def test_plan_is_a_tree(plan: Plan) -> None:
    """The VM on top, whole; below it each step with its reason and whether it can be taken back."""
    shown = draw(plan)

    lines = shown.splitlines()
    assert str(plan.targets[0].target) == lines[0]
    assert "├── code: UserErrorRpCollectionLimitReached" in lines
    step = lines.index(
        "├── 1. would remove CanNotDelete lock 'no-deletes' at group AzureBackupRG_westeurope_1"
    )
    assert lines[step + 1].startswith("│   └── CanNotDelete lock 'no-deletes' stops the deletion")
    assert lines[step + 1].endswith("; can be undone")
    assert "├── 18 restore points would go: 18 in the vault too" in lines
    assert lines[-1].startswith("    ")


@pytest.mark.parametrize("width", [40, 60, 200])
def test_tree_fits_the_terminal(plan: Plan, width: int) -> None:
    """Every line but the VM's id fits, however narrow; the id stays whole, to be copied."""
    _, *branches = draw(plan, width=width).splitlines()

    assert width >= max(map(len, branches))


def test_tree_has_plain_guides_on_a_code_page(plan: Plan) -> None:
    """A console that cannot draw lines gets dashes."""
    assert draw(plan, encoding="cp1252").isascii()


def test_tree_says_what_plain_lines_say(plan: Plan) -> None:
    """Not a word more or less."""
    plain = Console(file=StringIO(), width=200, highlight=False)
    show_plan(plan, plain)

    tree, lines = draw(plan, width=4000), plain.file.getvalue()  # type: ignore[attr-defined] # a page

    assert [re.sub(r"^[│├└─ ]+", "", line) for line in tree.splitlines()] == [
        line.strip() for line in lines.splitlines()
    ]


def test_instructions_are_below_the_tree(asking: Plan) -> None:
    """Commands that a person copies have no branches in front of them."""
    tree, _, below = draw(asking).partition("    update-agent-linux: ")

    assert "would ask you to do this: Update the VM agent in a Linux VM" in tree
    assert "        waagent --version; ps -e | grep -i waagent\n" in below
    assert not re.search("[│├└]", below)


def end(plan: Plan, number: int, state: StepState, error: str = "") -> StepEnded:
    """Make the event of a step's end."""
    planned = plan.steps[number - 1]
    told = None
    if error:
        told = StepError(msgid="azure", message=error, advice="Try again.", exit_code=3)
    return StepEnded(planned=planned, result=StepResult(number=number, state=state, error=told))


def follow(plan: Plan, *events: StepStarted | StepProgressed | StepEnded | RunEnded) -> list[str]:
    """Give the lines after each event, and at last all that was told above them."""
    terminal = Console(file=Page("utf-8"), width=100, force_terminal=True, highlight=False)
    shown = []
    with Board(plan, terminal) as board:
        for event in events:
            board.listen(event)
            paper = Console(file=StringIO(), width=100, highlight=False)
            paper.print(board)
            shown.append(paper.file.getvalue())  # type: ignore[attr-defined] # a page
    return [*shown, ESCAPES.sub("", terminal.file.getvalue())]  # type: ignore[attr-defined] # a page


def test_each_target_has_a_line(fleet: Plan) -> None:
    """What is done right now, at which step of how many; a line is gone with its target."""
    one, _, two, *_ = steps = fleet.steps
    run = Run(
        command="backup-now",
        dry_run=False,
        state=RunState.FAILED,
        plan=fleet,
        steps=(),
        exit_code=3,
    )

    begun, more, next_step, failed, both, last, told = follow(
        fleet,
        StepStarted(planned=one),
        StepStarted(planned=two),
        end(fleet, 1, StepState.DONE),
        end(fleet, 3, StepState.FAILED, "Azure said no"),
        StepProgressed(planned=steps[1], message="job InProgress"),
        RunEnded(run=run),
    )

    assert "0 of 3 targets ended" in begun
    assert f"{FLEET[0]} 1/2 starting a backup" in begun
    assert f"{FLEET[1]} 1/2 starting a backup" in more
    assert f"{FLEET[0]} 1/2" in next_step
    assert "error: Azure said no" in told
    assert "next: Try again." in told
    assert "1 of 3 targets ended, 1 failed" in failed
    assert f"{FLEET[0]} 2/2 following the backup: job InProgress" in both
    assert f"{FLEET[1]} " not in both
    assert "1 of 3 targets ended, 1 failed" in last


def test_ended_targets_are_counted(fleet: Plan) -> None:
    """A target has ended with its last step, or with one that failed."""
    shown = follow(
        fleet,
        StepStarted(planned=fleet.steps[1]),
        end(fleet, 2, StepState.DONE),
        end(fleet, 2, StepState.DONE),
        end(fleet, 4, StepState.ALREADY),
        end(fleet, 6, StepState.UNKNOWN),
    )

    counts = [re.findall(r"\d of 3 targets ended(?:, \d failed)?", each)[-1] for each in shown[:-1]]
    assert [
        "0 of 3 targets ended",
        "1 of 3 targets ended",
        "1 of 3 targets ended",
        "2 of 3 targets ended",
        "3 of 3 targets ended, 1 failed",
    ] == counts


def test_lock_that_is_put_back_has_a_line_of_its_own() -> None:
    """At the end it belongs to no VM."""
    with api.connect(api.ConnectOptions(sandbox=LIMIT)) as azure:
        options = api.CleanOptions(unlock=True, relock=True)
        plan = api.plan_clean(azure, api.VmNames(names=("web-1",)), options)
    back = plan.restores[0]

    events = StepStarted(planned=back), end(plan, back.number, StepState.DONE)

    begun, ended, _ = follow(plan, *events)

    assert "putting lock no-deletes back" in begun
    assert "putting lock" not in ended
    assert "targets ended" not in begun


def converse(*arguments: str, answers: str = "") -> tuple[int, str, str]:
    """Run the program with its conversation at a terminal; give code, answer and conversation."""
    mine, its = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "azremedy", *arguments],
        stdin=its,
        stderr=its,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "120"},
    ) as child:
        os.close(its)
        os.write(mine, answers.encode())
        seen = b""
        try:
            while chunk := os.read(mine, 65536):
                seen += chunk
        except OSError:
            pass
        out, _ = child.communicate(timeout=60)
    os.close(mine)
    return child.returncode, out, seen.decode().replace("\r\n", "\n")


def test_run_at_a_terminal_shows_lines_in_place() -> None:
    """The tree, the lines in place, which are gone at the end, and the answer on stdout."""
    code, out, seen = converse(*CLEAN, "--yes")

    told = ESCAPES.sub("", seen)
    assert 0 == code
    assert "├── 1. would remove" in told
    assert "web-1 2/2 deleting collection" in told
    assert seen.rstrip().endswith("\x1b[?25h")
    assert "3. putting lock no-deletes back: done: the lock is back as it was\n" in out


def test_more_or_less_than_usual_is_told_line_by_line() -> None:
    """What the loggers tell would run through lines that are drawn in place."""
    _, _, loud = converse("backup-now", "--vm", "web-1", "--sandbox", "healthy", "--yes", "--debug")
    code, _, quiet = converse(*CLEAN, "--yes", "--only-show-errors")

    assert "1. starting a backup …\n" in ESCAPES.sub("", loud)
    assert (0, "") == (code, ESCAPES.sub("", quiet))


def test_dumb_terminal_gets_plain_lines() -> None:
    """A terminal that cannot move its cursor is no place to draw."""
    shown = run_at_terminal("clean-rpc", "--vm", "web-1", "--dry-run", *WORLD, env={"TERM": "dumb"})

    assert "  1. would delete" in shown
    assert "├" not in shown


def test_pipe_gets_plain_lines(call: Call) -> None:
    """Without a terminal nothing is drawn."""
    called = call(*CLEAN, "--yes")

    assert "1. removing lock no-deletes …\n" in called.err
    assert not re.search("[│├└\x1b]", called.out + called.err)
