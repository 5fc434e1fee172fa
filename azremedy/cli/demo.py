"""``azremedy demo``."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from azremedy import api
from azremedy.cli import console
from azremedy.errors import EXIT_BACKUP_FAILED
from azremedy.report.groups_text import show_groups
from azremedy.report.live import make_listener
from azremedy.report.plan_text import show_plan, show_run

if TYPE_CHECKING:
    from rich.console import Console

    from azremedy.domain.plan import Plan
    from azremedy.domain.run import Run

SCENARIO = "restore-point-limit"
VM = api.VmNames(names=("web-1",))


@click.command("demo")
def command() -> None:
    """Watch a failing backup being repaired, in a local world.

    Needs no Azure and no configuration, and touches nothing outside this process.

    \b
    Examples:
      azremedy demo
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    out = console.answer()
    with (
        tempfile.TemporaryDirectory(prefix="azremedy-demo-") as folder,
        api.connect(api.ConnectOptions(sandbox=SCENARIO)) as azure,
    ):
        code = _Demo(azure, out, Path(folder)).play()
    raise SystemExit(code)


class _Demo:
    """Plays the repair in one world, telling each part before it comes."""

    def __init__(self, azure: api.Azure, out: Console, folder: Path) -> None:
        self._azure = azure
        self._out = out
        self._folder = folder

    def play(self) -> int:
        """Play it and give the exit code: 0 only when the last backup is good."""
        self._say("The VM web-1 is not backed up any more. Let us try by hand.", "backup-now")
        failed = self._apply(api.plan_backup(self._azure, VM))
        if failed.exit_code != EXIT_BACKUP_FAILED:
            return failed.exit_code or 1
        self._say("The limit of restore points: why does nobody delete them?", "find-rg")
        show_groups(api.find_groups(self._azure), self._out)
        self._say("A lock. This is what would be done about it:", "clean-rpc --unlock --dry-run")
        plan = api.plan_clean(self._azure, VM, api.CleanOptions(unlock=True))
        show_plan(plan, self._out)
        self._say("Exactly that is now carried out:", "clean-rpc --unlock --yes")
        cleaned = self._apply(plan, shown=True)
        if cleaned.exit_code:
            return cleaned.exit_code
        self._say("And the proof is a backup:", "backup-now --wait job --yes")
        options = api.BackupOptions(until=api.WaitFor.JOB)
        return self._apply(api.plan_backup(self._azure, VM, options)).exit_code

    def _say(self, text: str, command_line: str) -> None:
        name, *rest = command_line.split(" ", 1)
        # The commands that work on a VM name it; find-rg looks at all groups.
        target = "" if name == "find-rg" else " --vm web-1"
        flags = f" {rest[0]}" if rest else ""
        self._out.print(f"\n[bold cyan]{text}[/bold cyan]")
        self._out.print(f"[dim]$ azremedy {name}{target}{flags}[/dim]\n")

    def _apply(self, plan: Plan, *, shown: bool = False) -> Run:
        if not shown:
            show_plan(plan, self._out)
        run = api.apply(
            self._azure, plan, listen=make_listener(self._out), state_folder=self._folder
        )
        show_run(run, self._out, with_journal=False)
        return run
