"""Files of one origin: those shipped, those of a team's folder, those named on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azremedy.domain.playbook import Instructions, Playbook
from azremedy.playbooks.contents import check_instructions, check_playbook
from azremedy.playbooks.documents import Document, read_document
from azremedy.playbooks.problems import Problem
from azremedy.playbooks.shapes import shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from azremedy.playbooks.library import Library
    from azremedy.playbooks.shapes import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file that has the right form."""

    document: Document
    """The file, with its lines."""
    content: Playbook | Instructions
    """What it holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """What one origin gives."""

    entries: tuple[Entry, ...] = ()
    """The files that have the right form."""
    problems: tuple[Problem, ...] = ()
    """What is wrong with the others."""

    @property
    def playbooks(self) -> tuple[Playbook, ...]:
        """Its playbooks."""
        found = (entry.content for entry in self.entries)
        return tuple(each for each in found if isinstance(each, Playbook))

    @property
    def instructions(self) -> tuple[Instructions, ...]:
        """Its instructions."""
        found = (entry.content for entry in self.entries)
        return tuple(each for each in found if isinstance(each, Instructions))


def read_layer(paths: Iterable[Path]) -> Layer:
    """Read all files of one origin."""
    entries: list[Entry] = []
    problems: list[Problem] = []
    for path in paths:
        read = _read_file(path)
        if isinstance(read, Entry):
            entries.append(read)
        else:
            problems.extend(read)
    return Layer(entries=tuple(entries), problems=tuple(problems))


def check_layer(layer: Layer, below: Library) -> Iterator[Problem]:
    """Find all that is wrong with a layer on top of what is there already."""
    yield from layer.problems
    names = {each.name for each in (*below.instructions, *layer.instructions)}
    owners = _list_owners(layer, below)
    for entry in layer.entries:
        for spot, message in _check_content(entry.content, names):
            yield entry.document.make_problem(spot, message)
        yield from _find_clashes(entry, owners)


def _read_file(path: Path) -> Entry | tuple[Problem, ...]:
    document = read_document(path)
    if not isinstance(document, Document):
        return document
    content = shape(document, _find_kind(document))
    if isinstance(content, tuple):
        return content
    return Entry(document=document, content=content)


def _find_kind(document: Document) -> Kind:
    """Tell what a file wants to be: by its schema, else by a key that only instructions have."""
    value = document.value if isinstance(document.value, dict) else {}
    named = str(value.get("schema")).startswith("azremedy.instructions/")
    return Instructions if named or ("schema" not in value and "place" in value) else Playbook


def _check_content(
    content: Playbook | Instructions, names: Iterable[str]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(content, Playbook):
        return check_playbook(content, names)
    return check_instructions(content)


def _list_owners(layer: Layer, below: Library) -> dict[str, str]:
    """List who answers to which code below, without what the layer replaces as a whole."""
    replaced = {book.code.lower() for book in layer.playbooks}
    kept = (book for book in below.playbooks if book.code.lower() not in replaced)
    return {claim: book.code for book in kept for claim in _list_claims(book)}


def _find_clashes(entry: Entry, owners: dict[str, str]) -> Iterator[Problem]:
    """Find codes and names that another file claims; those without clash are noted."""
    key = "code" if isinstance(entry.content, Playbook) else "name"
    for claim in _list_claims(entry.content):
        if claim in owners:
            message = f"'{claim}' belongs to {owners[claim]} already"
            yield entry.document.make_problem((key,), message)
        owners.setdefault(claim, entry.document.file)


def _list_claims(content: Playbook | Instructions) -> tuple[str, ...]:
    """List all that a file's content answers to."""
    if isinstance(content, Instructions):
        return (f"instructions/{content.name}",)
    names = (content.code, *content.aliases)
    claims = (*(name.lower() for name in names), *(str(number) for number in content.numbers))
    return tuple(dict.fromkeys(claims))
