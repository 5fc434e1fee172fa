"""Does a playbook that has the right form also make sense?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from azremedy.domain.playbook import WORDS, Playbook, find_words
from azremedy.domain.rules import RULES
from azremedy.playbooks.problems import suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from azremedy.domain.playbook import Instructions
    from azremedy.playbooks.problems import Spot

Told = tuple["Spot", str]
"""Where something is wrong, and what."""

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]*|[0-9]+")
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_LANGUAGE = re.compile(r"\{\{|\{%|<%|\$\{\{")
_ONE_LINE = frozenset({"code", "title", "name", "aliases", "links"})


def is_code(text: str) -> bool:
    """Say whether a text can be a code."""
    return _CODE.fullmatch(text) is not None


def check_playbook(book: Playbook, instructions: Iterable[str]) -> Iterator[Told]:
    """Find names that nothing has, and texts that cannot be shown.

    Args:
        book: the playbook.
        instructions: the names of all instructions.
    """
    known = frozenset(instructions)
    causes = [rule.cause for rule in RULES]
    for number, code in enumerate((book.code, *book.aliases)):
        if not is_code(code):
            spot: Spot = ("aliases", number - 1) if number else ("code",)
            yield spot, f"'{code}' is no code: letters and digits only, or a number"
    for number, each in enumerate(book.causes):
        if each.cause not in causes:
            hint = suggest(each.cause, causes) or ": see 'azremedy playbook schema'"
            yield ("causes", number, "cause"), f"unknown cause '{each.cause}'{hint}"
        yield from _check_names(("causes", number), each.instructions, known)
    yield from _find_repeated("causes", [each.cause for each in book.causes])
    yield from _check_names((), book.instructions, known)
    yield from _check_texts(_texts_of(book))


def check_instructions(each: Instructions) -> Iterator[Told]:
    """Find a name that is none, and texts that cannot be shown."""
    if not _NAME.fullmatch(each.name):
        yield ("name",), f"'{each.name}' is no name: small letters and digits, joined by '-'"
    if not (each.lines or each.commands):
        yield (), "there is nothing to do: 'lines' and 'commands' are both empty"
    texts: list[tuple[Spot, str]] = [(("title",), each.title)]
    for key, written in (("lines", each.lines), ("commands", each.commands)):
        texts.extend(((key, number), text) for number, text in enumerate(written))
    yield from _check_texts(texts)
    yield from _check_words(texts)


def _check_names(spot: Spot, names: Iterable[str], known: frozenset[str]) -> Iterator[Told]:
    for number, name in enumerate(names):
        if name not in known:
            hint = suggest(name, known) or ": no file in 'instructions' has that name"
            yield (*spot, "instructions", number), f"unknown instructions '{name}'{hint}"


def _find_repeated(key: str, names: list[str]) -> Iterator[Told]:
    for number, name in enumerate(names):
        if name in names[:number]:
            yield (key, number), f"'{name}' is named twice"


def _texts_of(book: Playbook) -> Iterator[tuple[Spot, str]]:
    for key in ("title", "meaning", "formerly", "source"):
        yield (key,), getattr(book, key)
    for number, link in enumerate(book.links):
        yield ("links", number), link
    for number, each in enumerate(book.causes):
        yield ("causes", number, "note"), each.note


def _check_texts(texts: Iterable[tuple[Spot, str]]) -> Iterator[Told]:
    for spot, text in texts:
        if not text.strip() and spot[0] not in {"formerly", "causes"}:
            yield spot, "the text is empty"
        if _CONTROL.search(text):
            yield spot, "the text holds control characters, which a terminal would obey"
        if _LANGUAGE.search(text):
            yield spot, "a playbook is data: template language has no meaning in it"
        if "\n" in text.strip() and spot[0] in _ONE_LINE:
            yield spot, f"'{spot[0]}' must be one line"


def _check_words(texts: Iterable[tuple[Spot, str]]) -> Iterator[Told]:
    for spot, text in texts:
        for word in find_words(text):
            if word not in WORDS:
                hint = suggest(word, WORDS) or f": known are {', '.join(sorted(WORDS))}"
                yield spot, f"unknown word '{{{word}}}'{hint}"
