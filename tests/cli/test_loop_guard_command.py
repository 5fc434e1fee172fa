"""One call after the other at the same Azure: the next heeds what those before it did."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

from click.testing import CliRunner

from azremedy.cli.main import cli
from azremedy.sandbox.server import Setting, running
from tests.support.stages import TRIGGER, answered, built_in, with_faults

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click.testing import Result

BACKUP = ("backup-now", "--vm", "web-1", "--yes")


@contextmanager
def served_world() -> Iterator[dict[str, str]]:
    """Serve a world whose service takes no request for a backup; give a client's environment.

    Its time is quick: calls that follow each other within one second of Azure's, which is all that
    an answer's date tells, could not say which was first.
    """
    refused = answered(TRIGGER, 400, times=99, code="BMSUserErrorObjectLocked", message="Locked.")
    setting = Setting(scenario=with_faults(built_in("healthy"), refused), speed=60)
    with running(setting) as opened:
        yield dict(opened.ready["env"])


def call(env: dict[str, str], *arguments: str) -> Result:
    """Call a command with a connection of its own."""
    return CliRunner().invoke(cli, arguments, env=env, catch_exceptions=False)


def test_calls_one_after_the_other_stay_in_the_budget() -> None:
    """The service lists none of the attempts that it refused; the journals know them all."""
    with served_world() as env:
        codes = [call(env, *BACKUP).exit_code for _ in range(4)]
        refused = call(env, *BACKUP)
        shown = call(env, *BACKUP, "--max-backups-per-day", "5", "--dry-run", "-o", "json")

    assert [3] * 4 == codes
    assert 4 == refused.exit_code
    assert "4 backups today, the limit is 4 (use --max-backups-per-day)" in refused.output
    assert [] == json.loads(shown.stdout)["plan"]["targets"][0]["verdicts"]
