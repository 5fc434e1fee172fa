"""A process that was told to read only cannot change anything, whatever else it was told."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from azremedy import api
from azremedy.cli.main import cli
from azremedy.errors import RefusedError

if TYPE_CHECKING:
    from click.testing import Result

LIMIT = ("--vm", "web-1", "--sandbox", "restore-point-limit")
COMMANDS = {
    "unlock-rg": (*LIMIT,),
    "clean-rpc": (*LIMIT, "--unlock"),
    "fix": (*LIMIT, "--unlock"),
    "backup-now": (*LIMIT,),
    "restart-agent": (*LIMIT, "--by", "restart"),
    "guest": ("check", *LIMIT),
    "allow-storage": ("--vm", "web-1", "--sandbox", "storage-blocked"),
    "grant-keyvault": ("--vm", "web-1", "--sandbox", "key-vault-closed-by-roles"),
    "reset-extension": ("--vm", "app-1", "--sandbox", "stuck-extension"),
}


def call(*arguments: str) -> Result:
    """Call the command line as a program without a terminal does."""
    return CliRunner().invoke(cli, arguments, catch_exceptions=False)


def list_writes(record: Path) -> list[str]:
    """List the recorded requests that could have changed something."""
    exchanges = [json.loads(line) for line in record.read_text().splitlines()]
    return [
        each["url"]
        for each in exchanges
        if each["method"] not in {"GET", "HEAD"} and "backupStatus" not in each["url"]
    ]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_plan_is_made_and_not_carried_out(name: str, tmp_path: Path) -> None:
    """Exit code 4, no write, no journal."""
    record = tmp_path / "exchanges.jsonl"

    done = call(name, *COMMANDS[name], "--yes", "--read-only", "--record", str(record))

    assert 4 == done.exit_code
    assert "may only read" in done.stderr
    assert [] == list_writes(record)
    assert not Path(os.environ["AZREMEDY_STATE_DIR"]).exists()


def test_environment_says_it_for_every_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipeline's stage for looking sets it once."""
    monkeypatch.setenv("AZREMEDY_READ_ONLY", "1")

    assert 4 == call("fix", *LIMIT, "--unlock", "--yes").exit_code
    assert 0 == call("fix", *LIMIT, "--unlock", "--dry-run").exit_code
    assert 0 == call("diagnose", *LIMIT).exit_code


def test_no_session_that_writes_can_be_opened() -> None:
    """It is refused beneath every command."""
    options = api.ConnectOptions(sandbox="healthy", read_only=True)

    with api.connect(options) as azure, pytest.raises(RefusedError, match="may only read"):
        azure.open_writer()
