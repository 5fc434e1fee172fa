"""What was probably meant: other spellings, and the habits of other tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable

HABITS = {
    "--no-wait": "Only a backup can be left to itself ('azremedy backup-now --no-wait'): a lock "
    "that was taken off has to be put back, and what was changed is read again.",
    "--name": "A VM is named with --vm.",
    "-n": "A VM is named with --vm.",
    "--force": "There is no flag for everything: --yes answers the question, and each refusal "
    "names the one flag that overrides it.",
    "--auto-approve": "Not to be asked: --yes; for a plan that was looked at: 'azremedy apply PLAN "
    "--approve FINGERPRINT'.",
    "--what-if": "To see the plan only: --dry-run.",
    "--check": "To see the plan only: --dry-run.",
    "--json": "For JSON: -o json.",
    "--format": "For another form: -o.",
    "--jq": "To choose from the answer: --query, which takes JMESPath.",
    "--filter": "To choose from the answer: --query, which takes JMESPath.",
    "--profile": "Defaults are kept with 'azremedy config'.",
}
"""Options of other tools that azremedy has not, and what it has instead."""


class Suggesting(click.Group):
    """A group that answers a typo with the command that was probably meant."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; for a typo say which one was probably meant."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches  # noqa: PLC0415 - only for typos

            if near := get_close_matches(args[0], self.list_commands(ctx), n=1):
                told = f"{error.message} Did you mean '{near[0]}'?"
                raise click.UsageError(told, ctx) from error
            raise


def explain_absent(error: click.NoSuchOption) -> click.UsageError:
    """Give the error of an option that does not exist, with what there is instead."""
    if (instead := HABITS.get(error.option_name)) is None:
        return error
    return click.UsageError(f"No such option '{error.option_name}'. {instead}", error.ctx)


def spread_ids(arguments: Iterable[str]) -> list[str]:
    """Let ``--ids`` take several ids, as the Azure CLI's does: each gets an ``--ids`` of its own.

    Only what looks like an id is taken, so that other arguments stay what they are.
    """
    spread: list[str] = []
    left = iter(arguments)
    taking = False
    for each in left:
        if each == "--":
            return [*spread, each, *left]
        if taking and each.startswith("/subscriptions/"):
            if spread[-1] != "--ids":
                spread.append("--ids")
        else:
            taking = each.partition("=")[0] == "--ids"
        spread.append(each)
    return spread
