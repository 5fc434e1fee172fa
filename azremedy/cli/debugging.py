"""How much is told on stderr: ``--only-show-errors``, ``--verbose``, ``--debug``."""

from __future__ import annotations

from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

import click

from azremedy.cli.console import ONLY_ERRORS
from azremedy.cli.settings import default_of, list_variables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from azremedy.cli.listening import Voice

CommandT = TypeVar("CommandT", bound="Callable[..., object]")

_VOICE = "azremedy.voice"
_ASKED = "azremedy.talk"
_TYPED = "azremedy.talk-typed"


class Talk(StrEnum):
    """How much is told."""

    ERRORS = "only-show-errors"
    """Errors."""
    NORMAL = "normal"
    """What everybody wants to know."""
    VERBOSE = "verbose"
    """Also what changes something, what fails or is tried again, and how many requests it took."""
    DEBUG = "debug"
    """Also each request, and what the Azure SDK says while it signs in and sends."""


def talk_options(command: CommandT) -> CommandT:
    """Add the flags that say how much is told, as the Azure CLI names them."""
    for option in (
        click.option(
            "--debug",
            is_flag=True,
            envvar="AZREMEDY_DEBUG",
            expose_value=False,
            callback=_keep,
            help="Tell each request with its answer, and what the Azure SDK says.",
        ),
        click.option(
            "--verbose",
            is_flag=True,
            envvar="AZREMEDY_VERBOSE",
            expose_value=False,
            callback=_keep,
            help="Tell which requests change something, fail, or are tried again.",
        ),
        click.option(
            "--only-show-errors",
            is_flag=True,
            # Not every Click takes a default that is looked up for one that is off.
            flag_value=True,
            envvar=list_variables("only-show-errors"),
            default=default_of("only-show-errors", otherwise=False),
            expose_value=False,
            callback=_keep,
            help="Tell errors only: no progress, no notes.",
        ),
    ):
        command = option(command)
    return command


@contextmanager
def listening(ctx: click.Context) -> Iterator[None]:
    """Listen to the loggers while the block runs; at its end tell how many requests were sent."""
    from azremedy.cli.listening import Voice  # noqa: PLC0415 - loads logging

    voice = Voice()
    ctx.meta[_VOICE] = voice
    voice.choose(find_talk(ctx))
    try:
        yield
    finally:
        voice.tell_requests()
        voice.end()


def find_talk(ctx: click.Context) -> Talk:
    """Say how much the person wants to be told: what is typed goes first, then more before less."""
    asked = ctx.meta.get(_TYPED) or ctx.meta.get(_ASKED, set())
    wanted = (talk for talk in (Talk.DEBUG, Talk.VERBOSE, Talk.ERRORS) if talk in asked)
    return next(wanted, Talk.NORMAL)


def _keep(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001 - Click's form
    """Keep a flag, and obey it from here on.

    Raises:
        click.UsageError: both less and more was typed.
    """
    if not value or ctx.resilient_parsing:
        return
    talk = Talk((parameter.name or "").replace("_", "-"))
    ctx.meta.setdefault(_ASKED, set()).add(talk)
    typed: set[Talk] = ctx.meta.setdefault(_TYPED, set())
    if ctx.get_parameter_source(parameter.name or "") is click.core.ParameterSource.COMMANDLINE:
        typed.add(talk)
    if Talk.ERRORS in typed and len(typed) > 1:
        raise click.UsageError("--only-show-errors contradicts --verbose and --debug.", ctx)
    ctx.meta[ONLY_ERRORS] = find_talk(ctx) is Talk.ERRORS
    voice: Voice | None = ctx.meta.get(_VOICE)
    if voice is not None:
        voice.choose(find_talk(ctx))
