"""A dry run shows exactly the requests that the run then sends, in order, and sends none of them.

Here every command is called as people call it, in worlds that make it take its ways; `fix` goes
through every world in tests/api/test_fixed_worlds.py, and the plainest calls through more of them
in test_command_scenarios.py.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from azremedy.cli.main import COMMANDS, cli
from azremedy.cli.plan import CHANGING
from azremedy.domain.run import Run
from azremedy.wire import from_json
from tests.support.stages import path_of, writes_of

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from tests.support.calls import Serve

# POSTs that only ask.
_ASKING = ("/backupstatus", "/microsoft.resourcegraph/", "/oauth2/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One call of a command in one world."""

    line: str
    world: str
    code: int = 0
    """How the run ends."""
    sends: int = 1
    """How many requests change something."""

    @property
    def arguments(self) -> tuple[str, ...]:
        """Give the command line."""
        return (*self.line.split(), "--sandbox", self.world, "-o", "json")


def row(line: str, world: str, *, sends: int = 1, code: int = 0) -> Row:
    """Make a row; a line that names no target is for web-1."""
    named = {"--vm", "--all", "--orphaned"} & set(line.split())
    return Row(line=line if named else f"{line} --vm web-1", world=world, sends=sends, code=code)


LIMIT = "restore-point-limit"
SILENT = "user-error-guest-agent-status-unavailable"
OUTDATED = "guest-agent-snapshot-task-status-error"
KEYS = "user-error-keyvault-permissions-not-configured"
OTHER = "--subscription 5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a002"

ROWS = (
    row("unlock-rg --all --include-inherited", "lock-on-subscription"),
    row("unlock-rg", "healthy", sends=0),
    row("clean-rpc --unlock --relock", LIMIT, sends=3),
    row("clean-rpc --unlock --include-inherited", "lock-on-subscription", sends=3),
    row("clean-rpc --by backup --unlock --no-cool-down", LIMIT, sends=2),
    row(f"clean-rpc --orphaned --accept-loss {OTHER}", "fleet-small"),
    row("clean-rpc --unlock --vm app-03 --vm app-04", "fleet-small", sends=3),
    row(f"reset-extension {OTHER} --vm web-02", "fleet-small"),
    row("backup-now --wait job --retain-days 3", "healthy"),
    row("backup-now --wait none --no-cool-down", "healthy"),
    row("backup-now --vm app-01 --vm app-02", "fleet-small", sends=2),
    row("restart-agent", "healthy"),
    row("restart-agent --by restart", SILENT),
    row("restart-agent --by deallocate", SILENT, sends=2),
    row("restart-agent --by reapply", "vm-changing"),
    row("guest check", "healthy"),
    row("guest collect-logs", "healthy-windows", sends=2),
    row("guest update-agent", OUTDATED, sends=2),
    row("guest deep-clean", "extension-operation-failed-for-managed-disks"),
    row("allow-storage", "storage-blocked"),
    row("allow-storage --by endpoint", "storage-blocked-by-route"),
    row("grant-keyvault", KEYS),
    row("grant-keyvault", "key-vault-closed-by-roles"),
    row("fix", "healthy", sends=0),
    row("fix --unlock", LIMIT, sends=3),
    row("fix --unlock --include-inherited --relock", "lock-on-subscription", sends=4),
    row("fix --run-command --allow-storage", "agent-outdated-and-storage-blocked", sends=4),
    row("fix --cancel-job", "user-error-backup-operation-in-progress", sends=2),
    row("fix --no-cool-down", "extension-failed-snapshot-limit-reached-error", code=11),
)
LOOKING = (
    "find-rg",
    "diagnose --vm web-1",
    "diagnose --vm web-1 --everything",
    "check-access --vm web-1",
    "role --for fix",
    "scan",
)


def call(*arguments: str, env: dict[str, str] | None = None) -> Result:
    """Call the command line as a program without a terminal does."""
    return CliRunner().invoke(cli, arguments, env=env, catch_exceptions=False)


def sent(record: Path) -> list[str]:
    """List the recorded requests that could have changed something, in order."""
    exchanges = map(json.loads, record.read_text().splitlines() if record.exists() else ())
    return [
        f"{each['method']} {path_of(each)}".lower()
        for each in exchanges
        if each["method"] not in {"GET", "HEAD"}
        and not any(part in path_of(each).lower() for part in _ASKING)
    ]


def shown(result: Result) -> list[str]:
    """List the requests that an answer's steps stand for, in order."""
    return writes_of([planned.step for planned in from_json(Run, result.stdout).plan.steps])


@pytest.mark.parametrize("each", ROWS, ids=lambda each: f"{each.world}: {each.line}")
def test_run_sends_what_its_dry_run_showed(tmp_path: Path, each: Row) -> None:
    """The dry run sends none of them; the run sends them all, in order, and no other."""
    dry, wet = tmp_path / "dry.jsonl", tmp_path / "wet.jsonl"

    looked = call(*each.arguments, "--dry-run", "--record", str(dry))
    done = call(*each.arguments, "--yes", "--record", str(wet))

    assert (0, each.code) == (looked.exit_code, done.exit_code), done.output
    assert [] == sent(dry)
    assert shown(looked) == shown(done) == sent(wet)
    assert each.sends == len(sent(wet))
    assert plan_of(looked) == plan_of(done)


def plan_of(result: Result) -> object:
    """Give what a plan says, but for the times and ids of the answers that it was made from."""
    plan = json.loads(result.stdout)["plan"]
    targets = [{**target, "diagnosis": None} for target in plan["targets"]]
    return {**plan, "targets": targets, "createdAt": None}


@pytest.mark.parametrize("line", LOOKING)
def test_what_only_looks_sends_nothing_that_could_change(tmp_path: Path, line: str) -> None:
    """There is no run to compare with: looking is all that these commands do."""
    record = tmp_path / "exchanges.jsonl"

    call(*line.split(), "--sandbox", LIMIT, "--record", str(record))

    assert [] == sent(record)


@pytest.mark.parametrize("line", ["clean-rpc --unlock", "fix --unlock", "backup-now --wait job"])
def test_kept_plan_is_the_dry_run_of_its_run(tmp_path: Path, line: str) -> None:
    """Keeping a plan writes nothing in Azure; carrying it out sends what was kept."""
    world = "healthy" if line.startswith("backup-now") else LIMIT
    kept, dry, wet = (str(tmp_path / name) for name in ("plan.json", "dry.jsonl", "wet.jsonl"))
    there = ("--sandbox", world, "-o", "json")

    looked = call("plan", *line.split(), "--vm", "web-1", *there, "--out", kept, "--record", dry)
    done = call("apply", kept, "--yes", *there, "--record", wet)

    assert (0, 0) == (looked.exit_code, done.exit_code), done.output
    assert [] == sent(tmp_path / "dry.jsonl")
    assert shown(looked) == shown(done) == sent(tmp_path / "wet.jsonl") != []


def test_undoing_sends_what_its_dry_run_showed(serve: Serve) -> None:
    """The same for a run that is taken back, in a world that both can reach."""
    served = serve("storage-blocked")
    run = json.loads(
        call("allow-storage", "--vm", "web-1", "--yes", "-o", "json", env=served.env).stdout
    )
    before = len(sent(served.exchanges))

    looked = call("undo", run["runId"], "--dry-run", "-o", "json", env=served.env)
    between = len(sent(served.exchanges))
    done = call("undo", run["runId"], "--yes", "-o", "json", env=served.env)

    assert (0, 0) == (looked.exit_code, done.exit_code), done.output
    assert before == between == 1
    assert shown(looked) == shown(done) == sent(served.exchanges)[before:] != []


def test_no_command_is_left_out() -> None:
    """Whoever adds a command says here that its dry run is its run, or that it changes nothing."""
    changing = {each.line.split()[0] for each in ROWS} | {"undo", "apply"}
    looking = {line.split()[0] for line in LOOKING}
    of_files = {"completion", "config", "docs", "explain", "playbook", "report", "runs"}
    own_worlds = {"demo", "sandbox"}

    assert set(CHANGING) <= changing
    known = changing | looking | of_files | own_worlds | {"plan", "resume"}
    assert set(COMMANDS) == known
