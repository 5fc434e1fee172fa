"""How several VMs are worked on side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from azremedy.domain.ramp import CONCURRENCY, Ramp, parse_budget

if TYPE_CHECKING:
    from collections.abc import Callable

    from azremedy.domain.ramp import ErrorBudget

CommandT = TypeVar("CommandT", bound="Callable[..., Any]")


def _read_budget(_ctx: click.Context, _param: click.Parameter, value: str) -> ErrorBudget:
    try:
        return parse_budget(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def ramp_options(command: CommandT) -> CommandT:
    """Add how many VMs are worked on at once, and how many may fail."""
    for option in reversed(
        (
            click.option(
                "--concurrency",
                type=click.IntRange(min=1, max=1000),
                default=CONCURRENCY,
                show_default=True,
                help="Work on so many VMs at once at the most: one first, more after each success.",
            ),
            click.option(
                "--max-failures",
                callback=_read_budget,
                default="20%",
                show_default=True,
                metavar="N|PERCENT",
                help="Begin no other VM when more than this have failed, of those that ended.",
            ),
            click.option(
                "--no-ramp",
                is_flag=True,
                help="Begin with as many VMs as --concurrency says, without a canary.",
            ),
        )
    ):
        command = option(command)
    return command


def take_ramp(options: dict[str, Any]) -> Ramp:
    """Take the ramp out of a command's options."""
    concurrency, at_once = options.pop("concurrency"), options.pop("no_ramp")
    return Ramp(
        concurrency=concurrency,
        first=concurrency if at_once else 1,
        budget=options.pop("max_failures"),
    )
