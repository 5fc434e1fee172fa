"""``azremedy completion``: the scripts that let a shell complete commands, options and names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Mapping

    from click.shell_completion import CompletionItem, ShellComplete

PROGRAM = "azremedy"
COMPLETE = "_AZREMEDY_COMPLETE"
"""The variable with which a shell's script asks the program for completions."""
SHELLS = ("bash", "zsh", "fish", "powershell")


def prepare_completion(environ: Mapping[str, str]) -> None:
    """Teach Click the way PowerShell asks, when it is PowerShell that asks."""
    if environ.get(COMPLETE, "").startswith("powershell"):
        from click.shell_completion import add_completion_class  # noqa: PLC0415 - on use

        add_completion_class(_find_kind("powershell"))


def offer_commands(told: Mapping[str, str], incomplete: str) -> list[CompletionItem[str]]:
    """Offer commands by their names, with their summaries as help."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415 - on use

    return [
        CompletionItem(name, help=help_)
        for name, help_ in told.items()
        if name.startswith(incomplete)
    ]


def write_script(shell: str) -> str:
    """Write a shell's script. Starts nothing and asks nothing of the shell."""
    made = _find_kind(shell)(click.Command(PROGRAM), {}, PROGRAM, COMPLETE)
    return made.source_template % made.source_vars()


def _find_kind(shell: str) -> type[ShellComplete]:
    from click import shell_completion  # noqa: PLC0415 - on use

    from azremedy.cli.powershell import PowerShell  # noqa: PLC0415 - on use

    kinds: dict[str, type[ShellComplete]] = {
        "bash": shell_completion.BashComplete,
        "zsh": shell_completion.ZshComplete,
        "fish": shell_completion.FishComplete,
        "powershell": PowerShell,
    }
    return kinds[shell]


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print the script that completes commands in a shell.

    Options and their values are completed, files, runs, scenarios and codes too, and the VMs and
    groups that azremedy has met in the last quarter of an hour. Completion never signs in and
    never sends anything.

    \b
    Examples:
      azremedy completion bash > ~/.local/share/bash-completion/completions/azremedy
      azremedy completion zsh > "${fpath[1]}/_azremedy"
      azremedy completion fish > ~/.config/fish/completions/azremedy.fish
      azremedy completion powershell >> $PROFILE
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    click.echo(write_script(shell), nl=False)
