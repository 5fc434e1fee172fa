"""The manual's pages of the commands, made of their help and of what the planner goes by."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import click

from azremedy.cli.main import COMMANDS, cli
from azremedy.domain import command_needs
from azremedy.domain.consequences import CONSEQUENCES
from azremedy.domain.needs import USES, Weight
from azremedy.report.pages.document import (
    Code,
    Document,
    Heading,
    Paragraph,
    Table,
    Term,
    Terms,
)
from azremedy.report.pages.fixes import TO_CHANGE, TO_READ, tell_uses
from azremedy.report.pages.tables import tell_commands, tell_exit_codes, tell_undo

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from azremedy.domain.command_needs import CommandNeeds
    from azremedy.domain.needs import Use
    from azremedy.report.pages.document import Block

PROGRAM = "azremedy"
EXAMPLES = "Examples:"
FIXES = Term(
    term="azremedy-fixes",
    text="losses, undo and permissions of every fix.",
    page="../azremedy-fixes",
    section=7,
)
"""The page that every other one leads to."""


def make_command_pages() -> tuple[Document, ...]:
    """Make one page for the program and one for each command, in the order of their names."""
    return (_make_overview(), *(_make_page(name) for name in sorted(COMMANDS)))


def list_planning() -> tuple[str, ...]:
    """List the commands that ask before they change something in Azure."""
    return tuple(
        name for name in COMMANDS if {"-y", "--subscription"} <= _list_names(find_command(name))
    )


def find_command(name: str) -> click.Command:
    """Import a command of the program."""
    found = cli.get_command(click.Context(cli), name)
    assert found is not None, name
    return found


def list_summaries() -> dict[str, str]:
    """List the commands with the first sentence of their help."""
    return {name: entry.summary.rstrip(".") for name, entry in COMMANDS.items()}


def _make_overview() -> Document:
    context = _open_context()
    commands = tell_commands(list_summaries(), "", list_planning())
    blocks = (
        *_tell_help(cli, context),
        Heading(text="Commands"),
        Terms(terms=tuple(_refer(name) for name in sorted(COMMANDS))),
        Heading(text="What they change"),
        Table(
            head=("command", "changes in Azure"), rows=tuple((n, c) for n, _, c in commands.rows)
        ),
        *_tell_ends(),
        *_tell_others(),
    )
    return Document(name=PROGRAM, title=PROGRAM, summary=_summary(cli), section=1, blocks=blocks)


def _make_page(name: str) -> Document:
    command = find_command(name)
    context = click.Context(command, info_name=name, parent=_open_context())
    blocks = [*_tell_help(command, context)]
    if isinstance(command, click.Group):
        blocks += _tell_below(command, context)
    blocks += _tell_needs(name)
    return Document(
        name=f"{PROGRAM}-{name}",
        title=f"{PROGRAM} {name}",
        summary=COMMANDS[name].summary,
        section=1,
        blocks=(*blocks, *_tell_ends(), *_tell_others(name)),
    )


def _tell_help(command: click.Command, context: click.Context, level: int = 2) -> Iterator[Block]:
    """Tell what a command's own help tells: how it is called, prose, examples, options."""
    yield Heading(text="Synopsis", level=level)
    usage = command.collect_usage_pieces(context)
    yield Code(lines=(" ".join((context.command_path, *usage)),))
    prose, examples = _read_help(command)
    if prose:
        yield Heading(text="Description", level=level)
        yield from (Paragraph(text=text) for text in prose)
    yield Heading(text="Examples", level=level)
    yield Code(lines=examples)
    yield Heading(text="Options", level=level)
    records = (each.get_help_record(context) for each in command.get_params(context))
    # Some versions of Click list arguments too, of which the synopsis tells all.
    told = ((names, " ".join(text.split())) for names, text in filter(None, records) if text)
    yield Terms(terms=tuple(Term(term=names, text=text) for names, text in told))


def _read_help(command: click.Command) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the paragraphs behind the first sentence, and the examples."""
    parts = inspect.cleandoc(command.help or "").replace("\b\n", "").split("\n\n")
    examples = tuple(
        line.strip()
        for part in parts
        if part.startswith(EXAMPLES)
        for line in part.splitlines()[1:]
    )
    prose = (part for part in parts[1:] if not part.startswith(EXAMPLES))
    return tuple(" ".join(part.split()) for part in prose), examples


def _tell_below(group: click.Group, context: click.Context) -> Iterator[Block]:
    """Tell a group's commands: those that have a page of their own only by name."""
    below = [(name, group.get_command(context, name)) for name in group.list_commands(context)]
    if known := [name for name, found in below if _has_page(name, found)]:
        yield Heading(text="Commands")
        yield Paragraph(text="Each takes what it takes without this word; `--out` must be given.")
        yield Terms(terms=tuple(_refer(name) for name in known))
    for name, found in below:
        if found is None or name in known:
            continue
        inner = click.Context(found, info_name=name, parent=context)
        yield Heading(text=inner.command_path)
        yield Paragraph(text=_summary(found))
        yield from _tell_help(found, inner, level=3)


def _has_page(name: str, found: click.Command | None) -> bool:
    """Say whether a command below another is one of the program's own, which 'plan' repeats."""
    return found is not None and name in COMMANDS and found.callback is find_command(name).callback


def _tell_needs(name: str) -> Iterator[Block]:
    """Tell what a command changes and which permissions it needs, in each of its forms."""
    forms = {
        form: needs
        for form, needs in command_needs.COMMANDS.items()
        if form.split(" ", maxsplit=1)[0] == name
    }
    yield Heading(text="What it changes")
    if not forms:
        told = "What its plan shows." if name in list_planning() else "Nothing in Azure."
        yield Paragraph(text=told)
        return
    for form, needs in forms.items():
        yield from _tell_steps(form, needs)
    yield Heading(text="Permissions")
    yield Paragraph(text="What may not be read is told, and never taken for absent.")
    for form, needs in forms.items():
        yield Heading(text=f"{PROGRAM} {form}", level=3)
        yield from _tell_uses(needs)


def _tell_steps(form: str, needs: CommandNeeds) -> Iterator[Block]:
    rows = [
        (f"{CONSEQUENCES[kind].does}{word}", CONSEQUENCES[kind].lost, tell_undo(kind))
        for kinds, word in ((needs.steps, ""), (needs.optional, " (only where a flag allows it)"))
        for kind in kinds
        if CONSEQUENCES[kind].changes
    ]
    yield Heading(text=f"{PROGRAM} {form}", level=3)
    if not rows:
        yield Paragraph(text="Nothing.")
        return
    yield Table(head=("step", "lost", "undo"), rows=tuple(rows))


def _tell_uses(needs: CommandNeeds) -> Iterator[Block]:
    """List what is read, what the steps take, and what only flags ask for."""
    parts = (
        ("To find out and to plan:", needs.reads, TO_READ),
        ("To carry it out:", _list_uses(needs.steps), TO_CHANGE),
        ("With a flag, or where it must be:", _list_uses(needs.optional), TO_CHANGE),
    )
    for title, uses, words in parts:
        if uses:
            yield Paragraph(text=title)
            yield tell_uses(dict.fromkeys(uses), words)


def _list_uses(kinds: Iterable[str]) -> tuple[Use, ...]:
    """List what kinds of steps take, each action at each place once: where it weighs most."""
    order = list(Weight)
    uses = [use for kind in kinds for use in USES[kind]]
    lightest_first = sorted(uses, key=lambda use: order.index(use.weight), reverse=True)
    return tuple({(use.at, use.action): use for use in lightest_first}.values())


def _tell_ends() -> Iterable[Block]:
    return (
        Heading(text="Exit codes"),
        Paragraph(text="They mean the same for every command."),
        tell_exit_codes(),
    )


def _tell_others(name: str = "") -> Iterator[Block]:
    """Tell where to read on."""
    yield Heading(text="See also")
    overview = Term(term=PROGRAM, text="all commands.", page=PROGRAM)
    yield Terms(terms=(overview, FIXES) if name else (FIXES,))


def _open_context() -> click.Context:
    return click.Context(cli, info_name=PROGRAM, **cli.context_settings)


def _refer(name: str) -> Term:
    return Term(term=name, text=COMMANDS[name].summary, page=f"{PROGRAM}-{name}")


def _summary(command: click.Command) -> str:
    return " ".join(inspect.cleandoc(command.help or "").split("\n\n")[0].split())


def _list_names(command: click.Command) -> set[str]:
    return {name for each in command.params for name in each.opts}
