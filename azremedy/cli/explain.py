"""``azremedy explain``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from azremedy.cli.names import complete_codes
from azremedy.cli.output import answer, output_options
from azremedy.cli.playbook_option import playbook_option
from azremedy.errors import UsageError
from azremedy.playbooks import explaining
from azremedy.report.explain_text import show_codes, show_explanation

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from rich.console import Console

    from azremedy.domain.explanation import Explanation


@click.command("explain")
@click.argument("code", nargs=-1, shell_complete=complete_codes)
@click.option("--list", "all_codes", is_flag=True, help="List all codes instead.")
@playbook_option
@output_options
def command(
    code: tuple[str, ...], *, all_codes: bool, playbooks: tuple[Path, ...], **_: str
) -> None:
    """Say what an error code means today, what is behind it, and what to do about it.

    Takes a code in any spelling, its number, or text that was pasted from a job, in which all
    codes are found; '-' reads the text from standard input. Needs no Azure and no network.

    \b
    Examples:
      azremedy explain UserErrorRpCollectionLimitReached
      azremedy explain 400196 -o json
      azremedy explain --list
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    if all_codes:
        _list_codes(code, playbooks)
        return
    found = explaining.explain(_read(code), playbooks=playbooks)
    answer(found, lambda out: _show(found, out))


def _show(found: Iterable[Explanation], out: Console) -> None:
    for number, each in enumerate(found):
        if number:
            out.rule()
        show_explanation(each, out)


def _list_codes(code: tuple[str, ...], playbooks: tuple[Path, ...]) -> None:
    if code:
        raise UsageError("--list takes no code", advice="Leave one of them out.")
    listed = explaining.list_codes(playbooks=playbooks)
    answer(listed, lambda out: show_codes(listed, out))


def _read(code: tuple[str, ...]) -> str:
    """Put the words of a text together that was pasted without quotes."""
    asked = sys.stdin.read() if code == ("-",) else " ".join(code)
    if not asked.strip():
        raise UsageError(
            "No code is named", advice="Give a code, a number, or --list for all of them."
        )
    return asked.strip()
