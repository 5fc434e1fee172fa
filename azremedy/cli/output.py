"""How a command answers: ``-o`` and ``--query`` for all of them, and the one place that writes."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from azremedy import wire
from azremedy.cli import console
from azremedy.cli.debugging import talk_options
from azremedy.cli.settings import default_of, list_variables
from azremedy.errors import UsageError
from azremedy.report.formats import DOCUMENTS, FORMS, NONE, TABLE, paint, write_document
from azremedy.report.query import Query, parse_query

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from azremedy.errors import AzremedyError
    from azremedy.wire import JsonValue

CommandT = TypeVar("CommandT", bound="Callable[..., Any]")
_QUERY = "azremedy.query"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What the person wants the answer to look like."""

    name: str = TABLE
    """One of ``FORMS``."""
    query: Query | None = None
    """What of the document is wanted; ``None`` for all of it."""

    @property
    def for_people(self) -> bool:
        """Whether the answer is told in words, and not as a document."""
        return self.name == TABLE and self.query is None


def output_options(command: CommandT) -> CommandT:
    """Add ``-o`` and ``--query``, and how much is told besides the answer.

    The query is checked before anything is asked of Azure.
    """
    command = talk_options(command)
    for option in (
        click.option(
            "--query",
            metavar="JMESPATH",
            expose_value=False,
            callback=_keep_query,
            help="Answer with what this expression finds in the document that -o json shows.",
        ),
        click.option(
            "-o",
            "--output",
            type=click.Choice(FORMS),
            envvar=list_variables("output"),
            default=default_of("output", TABLE),
            callback=_keep_form,
            is_eager=True,
            help="Form of the answer; table, for people, if not given.",
        ),
    ):
        command = option(command)
    return command


def asked() -> Form:
    """Give the form that the running command was asked for."""
    meta = click.get_current_context().meta
    return Form(name=meta.get(console.OUTPUT, TABLE), query=meta.get(_QUERY))


def answer(value: object, show: Callable[[Console], None]) -> None:
    """Give a command's answer on stdout, in the form that was asked for.

    Args:
        value: a domain value, or several; the document is made of it.
        show: tells it to people.

    Raises:
        UsageError: the query does not fit the document.
    """
    if asked().for_people:
        show(console.answer())
    elif asked().name != NONE or asked().query is not None:
        answer_document(wire.to_document(value))


def check_query(value: object) -> None:
    """Refuse a query that cannot fit, on a document with the structure that the answer will have.

    Raises:
        UsageError: it does not fit.
    """
    if (query := asked().query) is not None:
        query.check(wire.to_document(value))


def answer_done(value: object, show: Callable[[Console], None]) -> None:
    """Give the answer of work that is done, whatever the query: it cannot be asked for again.

    A query that does not fit is told, and the whole document is given.
    """
    try:
        answer(value, show)
    except UsageError as error:
        from azremedy.report.problem import show_problem  # noqa: PLC0415 - only for errors

        show_problem(error, console.errors())
        write(wire.to_document(value), asked().name)


def answer_document(document: JsonValue) -> None:
    """Give a document on stdout, in the form that was asked for, also as a table.

    Raises:
        UsageError: the query does not fit it.
    """
    form = asked()
    write(document if form.query is None else form.query.search(document), form.name)


def answer_error(error: AzremedyError) -> None:
    """Give an error as a document too, where a document of a known structure was asked for."""
    from azremedy.report.problem import describe_problem  # noqa: PLC0415 - only for errors

    form = asked()
    if form.name in DOCUMENTS and form.query is None:
        write(wire.to_document(describe_problem(error)), form.name)


def write(document: JsonValue, name: str) -> None:
    """Write a document to stdout; with colours only where a terminal shows them."""
    text = write_document(document, name, ascii_only=not _carries_all(sys.stdout.encoding))
    if name in {"jsonc", "yamlc"} and sys.stdout.isatty():
        console.answer().print(paint(text, name), soft_wrap=True, end="")
    else:
        click.echo(text, nl=False)


def _carries_all(encoding: str | None) -> bool:
    return (encoding or "").lower().replace("-", "").startswith("utf")


def _keep_form(ctx: click.Context, parameter: click.Parameter, value: str) -> str:
    """Leave the form in the context; a group's own is not overwritten by a default."""
    source = ctx.get_parameter_source(parameter.name or "")
    if source is click.core.ParameterSource.COMMANDLINE or console.OUTPUT not in ctx.meta:
        ctx.meta[console.OUTPUT] = value
    return str(ctx.meta[console.OUTPUT])


def _keep_query(ctx: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    if value is None or ctx.resilient_parsing:
        return
    ctx.meta[_QUERY] = parse_query(value)
