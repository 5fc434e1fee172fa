"""Write a playbook to begin with: for a code that is known, or for one of a team's own."""

from __future__ import annotations

import json
import re
from textwrap import fill
from typing import TYPE_CHECKING

from azremedy.domain.playbook import Playbook, Table
from azremedy.domain.remedies import FLAGS, Remedy
from azremedy.domain.rules import RULES
from azremedy.errors import UsageError
from azremedy.playbooks.contents import is_code
from azremedy.playbooks.library import load_library
from azremedy.playbooks.schema import read_docstrings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from azremedy.domain.playbook import PlaybookCause

SCHEMA_FILE = "playbook.schema.json"
"""The schema's file beside a playbook, which editors read."""
_WIDTH = 98
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_WORDS_OF_YAML = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
_EXAMPLE = ("#  - cause: agent-not-ready", "#    remedies: [restart-vm]")
_RULES = {rule.cause: rule for rule in RULES}


def find_template(code: str) -> str:
    """Write a playbook to begin with, in YAML, with comments.

    For a code or number that is known it says what the playbook in use says, and takes its place;
    for any other it is empty but for what a playbook must have.

    Raises:
        UsageError: it is no code.
    """
    if (book := load_library().find(code)) is not None:
        return write_template(book, known=True)
    if not is_code(code):
        raise UsageError(
            f"'{code}' is no code: letters and digits only, or a number",
            advice="'azremedy explain --list' lists the codes that are known.",
        )
    return write_template(_begin(code), known=False)


def write_template(book: Playbook, *, known: bool) -> str:
    """Write a playbook in YAML that reads as the same, with comments on what else there is.

    Args:
        book: what it says.
        known: whether it takes another playbook's place.
    """
    parts = (
        _write_head(book, known=known),
        _write_names(book),
        _write_texts(book),
        _write_causes(book.causes),
        _write_rest(book),
    )
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _begin(code: str) -> Playbook:
    return Playbook(
        schema="azremedy.playbook/1",
        code=code,
        title="One line about it",
        meaning="What it means, in plain words, and when it is seen.",
        table=Table.HEALTH,
        source="Who says so",
    )


def _write_head(book: Playbook, *, known: bool) -> Iterator[str]:
    yield f"# yaml-language-server: $schema={SCHEMA_FILE}"
    yield "#"
    if known:
        yield from _comment(
            f"What {book.code} means to your team. It takes the place of the playbook that "
            "azremedy uses now, as a whole: what you leave out is not known any more."
        )
    else:
        yield from _comment(f"What {book.code} means to your team.")
    yield from _comment(
        "A playbook only chooses among causes and remedies that azremedy has: the flags that "
        "remedies need, locks, losses and all other guards stay what they are."
    )
    yield "#"
    yield "#   azremedy playbook check FILE                  finds all that is wrong with it"
    yield "#   azremedy playbook explain FILE                says what it would do"
    yield "#   azremedy diagnose --vm VM --playbook FILE     uses it once"
    yield "#"
    yield from _comment("A folder that AZREMEDY_PLAYBOOKS names is used always.")
    yield f"schema: {book.schema}"


def _write_names(book: Playbook) -> Iterator[str]:
    yield "# The code as the service spells it, its numbers in Azure, and other spellings."
    yield f"code: {_scalar(book.code)}"
    yield f"numbers: [{', '.join(str(number) for number in book.numbers)}]"
    yield from _list("aliases", book.aliases)
    tables = ", ".join(Table)
    yield f"# Where it is written down: {tables}."
    yield f"table: {book.table}"
    if book.envelope:
        yield "# It only wraps another code, which stands in the job's text."
        yield "envelope: true"


def _write_texts(book: Playbook) -> Iterator[str]:
    yield f"title: {_scalar(book.title)}"
    yield from _fold("meaning", book.meaning)
    if book.formerly:
        yield from _fold("formerly", book.formerly)


def _write_causes(causes: tuple[PlaybookCause, ...]) -> Iterator[str]:
    yield from _comment(
        "What may be behind it, in the order in which to look. Only causes that facts confirm are "
        "mended: 'remedies' are the ways to do that, the gentlest first, of which one is enough; "
        "'instructions' name files in the folder 'instructions', for a person."
    )
    yield "causes:" if causes else "causes: []"
    if not causes:
        yield "# Without the brackets, for example:"
        yield from _EXAMPLE
    for each in causes:
        rule = _RULES.get(each.cause)
        yield from _comment(rule.title if rule else each.cause, indent=2)
        yield f"  - cause: {each.cause}"
        if each.remedies:
            yield from _list("remedies", each.remedies, indent=4)
        if each.instructions:
            yield from _list("instructions", each.instructions, indent=4)
        if each.note:
            yield from _fold("note", each.note, indent=4)
    named = {each.cause for each in causes}
    yield "#"
    yield "# Other causes that can be named here:"
    for cause, rule in _RULES.items():
        if cause not in named:
            yield from _comment(f"  {cause}: {rule.title}", hanging=4)


def _write_rest(book: Playbook) -> Iterator[str]:
    yield from _comment("What mends what the code itself names, where no cause is to be found.")
    yield from _list("remedies", book.remedies)
    yield from _comment("All remedies, with the flag without which 'fix' does not use them:")
    told = read_docstrings(Remedy)
    for remedy in Remedy:
        flag = f" ({FLAGS[remedy]})" if remedy in FLAGS else ""
        yield from _comment(f"  {remedy}{flag}: {told[remedy.name]}", hanging=4)
    yield ""
    yield "# What a person does whatever the cause; pages to read, without https://."
    yield from _list("instructions", book.instructions)
    yield from _list("links", book.links)
    yield ""
    yield "# Where the facts come from: a page with its date, or who decided it and when."
    yield from _fold("source", book.source)


def _comment(text: str, *, indent: int = 0, hanging: int = 0) -> Iterator[str]:
    lead = f"{' ' * indent}# "
    spaces = len(text) - len(text.lstrip())
    yield from fill(
        text.strip(),
        width=_WIDTH,
        initial_indent=lead + " " * spaces,
        subsequent_indent=lead + " " * hanging,
        break_long_words=False,
        break_on_hyphens=False,
    ).splitlines()


def _fold(key: str, text: str, *, indent: int = 0) -> Iterator[str]:
    """Write a text that may be long; a folded one reads as one line with single spaces."""
    pad = " " * indent
    if text != " ".join(text.split()) or len(text) <= _WIDTH - indent - len(key):
        yield f"{pad}{key}: {_scalar(text)}"
        return
    yield f"{pad}{key}: >-"
    inner = f"{pad}  "
    yield from fill(
        text,
        width=_WIDTH,
        initial_indent=inner,
        subsequent_indent=inner,
        break_long_words=False,
        break_on_hyphens=False,
    ).splitlines()


def _list(key: str, values: Iterable[str], *, indent: int = 0) -> Iterator[str]:
    """Write a list on one line, or where it is too long on one for each."""
    pad, written = " " * indent, [_scalar(each) for each in values]
    line = f"{pad}{key}: [{', '.join(written)}]"
    if len(line) <= _WIDTH:
        yield line
        return
    yield f"{pad}{key}:"
    yield from (f"{pad}  - {each}" for each in written)


def _scalar(text: str) -> str:
    """Write a text as YAML that reads as just this text; JSON's strings are YAML's too."""
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS_OF_YAML
    return text if plain else json.dumps(text, ensure_ascii=False)
