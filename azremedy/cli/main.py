"""The console script: finds the command, and turns every error into one message and its code."""

from __future__ import annotations

import gc
import os
import signal
import sys
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from azremedy.cli import console
from azremedy.cli.completion import COMPLETE, offer_commands, prepare_completion
from azremedy.cli.streams import prepare_streams
from azremedy.cli.suggesting import Suggesting, explain_absent, spread_ids
from azremedy.cli.version import tell_version
from azremedy.errors import EXIT_INTERRUPTED, EXIT_UNEXPECTED, EXIT_USAGE, AzremedyError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a command lives, and its line in the list of commands."""

    module: str
    """Its module in ``azremedy.cli``."""
    summary: str
    """The first sentence of its help."""


YOUNG = 100_000
"""How many objects are made before garbage is looked for: a short command makes fewer."""

# Completion and --help of the group must not pay for the commands' imports.
COMMANDS = {
    "allow-storage": Entry(
        "allow_storage",
        "Let a VM reach Azure Storage, where a rule or a route of its network is in the way.",
    ),
    "apply": Entry("apply", "Carry out a plan from a file, exactly as it was kept, and once."),
    "backup-now": Entry("backup_now", "Back a VM up now, and say how it ended."),
    "check-access": Entry(
        "check_access", "Say which permissions a command needs, and whether you have them."
    ),
    "clean-rpc": Entry(
        "clean_rpc", "Delete a VM's restore point collections, after proof that they are its own."
    ),
    "completion": Entry("completion", "Print the script that completes commands in a shell."),
    "config": Entry("config", "Keep defaults, so that they need not be typed each time."),
    "demo": Entry("demo", "Watch a failing backup being repaired, in a local world."),
    "diagnose": Entry("diagnose", "Find out why a VM's backup fails, and on what evidence."),
    "docs": Entry(
        "docs", "Write the manual of this version: Markdown, man pages and completion scripts."
    ),
    "explain": Entry(
        "explain", "Say what an error code means today, what is behind it, and what to do about it."
    ),
    "fix": Entry("fix", "Find out why a VM's backup fails, mend that, and prove it with a backup."),
    "find-rg": Entry("find_rg", "List the groups in which Azure Backup keeps restore points."),
    "grant-keyvault": Entry(
        "grant_keyvault", "Let Azure Backup read the keys of a VM under Azure Disk Encryption."
    ),
    "plan": Entry("plan", "Keep the plan of a command in a file, for 'azremedy apply'."),
    "playbook": Entry(
        "playbook",
        "Write playbooks of your own: what an error code means to your team, and what to do.",
    ),
    "guest": Entry("guest", "Run one of azremedy's own scripts inside a VM with Run Command."),
    "report": Entry("report", "Tell a run, a kept plan or a kept scan as a document."),
    "reset-extension": Entry(
        "reset_extension",
        "Uninstall the VM's snapshot extension; the next backup installs it again.",
    ),
    "restart-agent": Entry("restart_agent", "Bring a VM's agent back, and wait until it is Ready."),
    "resume": Entry("resume", "Take up a run that was cut off, interrupted, or failed."),
    "runs": Entry("runs", "List what azremedy did, the newest run first."),
    "role": Entry(
        "role", "Write least-privilege custom roles: to diagnose, to operate, and to unlock."
    ),
    "scan": Entry(
        "scan", "Find the VMs of many subscriptions whose backup fails or soon will, by cause."
    ),
    "sandbox": Entry("sandbox", "Rehearse against a local Azure Resource Manager."),
    "undo": Entry("undo", "Take back what a run did, the last step first, as far as Azure allows."),
    "unlock-rg": Entry(
        "unlock_rg", "Remove the locks that keep Azure Backup from deleting old restore points."
    ),
}


class Commands(Suggesting):
    """A group whose commands live in modules that are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List all commands; imports nothing."""
        return sorted({*super().list_commands(ctx), *COMMANDS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        if (entry := COMMANDS.get(cmd_name)) is None:
            return super().get_command(ctx, cmd_name)
        command: click.Command = import_module(f"azremedy.cli.{entry.module}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, and give each id after ``--ids`` its place."""
        name, found, rest = super().resolve_command(ctx, args)
        # What comes after 'sandbox exec' is another program's.
        return name, found, rest if name == "sandbox" else spread_ids(rest)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Offer the commands with their summaries; imports none of them."""
        if incomplete.startswith("-"):
            return click.Command.shell_complete(self, ctx, incomplete)
        told = {
            name: COMMANDS[name].summary for name in self.list_commands(ctx) if name in COMMANDS
        }
        return offer_commands(told, incomplete)

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands; imports nothing."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name].summary) for name in sorted(COMMANDS)])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an error of ours becomes its message and its exit code."""
        from azremedy.cli.debugging import listening  # noqa: PLC0415 - not for the group's help

        with listening(ctx):
            try:
                return super().invoke(ctx)
            except AzremedyError as error:
                from azremedy.cli.output import answer_error  # noqa: PLC0415 - only for errors
                from azremedy.report.problem import show_problem  # noqa: PLC0415 - only for errors

                answer_error(error)
                show_problem(error, console.errors())
                _tell_pipeline(error)
                ctx.exit(error.exit_code)
            except click.NoSuchOption as error:
                raise explain_absent(error) from error


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=tell_version,
    help="Show the versions of azremedy, of Python and of the Azure SDK, and exit.",
)
def cli() -> None:
    """Find out why an Azure VM backup fails, and repair it from the control plane.

    Every command that can change something shows its plan first. On a terminal it asks; without
    one it changes nothing unless told --yes; with --dry-run it cannot.

    \b
    Examples:
      azremedy demo
      azremedy diagnose --vm web-1
      azremedy fix --vm web-1 --dry-run
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines


def main() -> None:
    """Run the command line of this process and exit."""
    # Modules are nearly all that a short command makes, and they stay: no use to look for garbage.
    gc.set_threshold(YOUNG)
    try:
        sys.exit(_run())
    finally:
        # The system takes all memory back at once; Python would look through it first.
        gc.freeze()


def _run() -> int:
    """Run the command line and give the exit code; commands may end the process themselves."""
    prepare_streams()
    prepare_completion(os.environ)
    # Pipelines cancel with SIGTERM, a lost connection hangs up: no lock may stay off.
    for name in ("SIGTERM", "SIGHUP", "SIGBREAK"):
        if (number := getattr(signal, name, None)) is not None:
            signal.signal(number, _interrupt)
    try:
        code = cli.main(standalone_mode=False, complete_var=COMPLETE)
    except click.exceptions.Exit as asked:
        code = asked.exit_code
    except click.ClickException as error:
        error.show(console.screen(sys.stderr))
        code = EXIT_USAGE
    except (click.Abort, KeyboardInterrupt):
        console.errors().print("Interrupted.")
        code = EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader has gone, as with "| head"; the interpreter must not try to flush to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = EXIT_UNEXPECTED
    except Exception:  # noqa: BLE001 - the last border: a defect of ours, kept for its report
        code = _report_defect()
    return code if isinstance(code, int) else 0


def _tell_pipeline(error: AzremedyError) -> None:
    """Annotate the pipeline that this runs in, if any."""
    from azremedy.report import ci  # noqa: PLC0415 - only for errors
    from azremedy.report.problem import describe_problem  # noqa: PLC0415 - only for errors

    if (pipeline := ci.find_pipeline(os.environ)) is not None:
        told = ci.write_issues((ci.describe_error(describe_problem(error)),), pipeline)
        console.tell_agent(told)


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _report_defect() -> int:
    import tempfile  # noqa: PLC0415 - as rarely as can be
    import traceback  # noqa: PLC0415 - as rarely as can be
    from pathlib import Path  # noqa: PLC0415 - help needs none

    from azremedy.redaction import redact  # noqa: PLC0415 - as rarely as can be

    with tempfile.NamedTemporaryFile(
        "w", prefix="azremedy-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        file.write(redact(traceback.format_exc()))
    console.errors().print(
        f"error: azremedy met a defect of its own. The details are in {Path(file.name)}; "
        "please report them.",
        soft_wrap=True,
    )
    return EXIT_UNEXPECTED
