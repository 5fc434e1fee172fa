"""Find playbooks by code or number, by a slip of the pen, or inside free text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches

from azremedy.domain.playbook import Playbook

EXTENSIONS_PREFIX = "StatusCode."
"""What the Linux extension writes before a status's name.

Source: github.com/Azure/azure-linux-extensions, VMBackup, ExtensionErrorCodeHelper.py (2026-08)."""

_SUGGESTIONS = 5
# Azure's names join words with capitals; a word of a language, as localized texts hold, does not.
_JOINED = re.compile(r"[a-z0-9][A-Z]|[A-Z]{2}[a-z]")


@dataclass(frozen=True, slots=True)
class Catalog:
    """All playbooks that are known, those of azremedy and those of a team."""

    playbooks: tuple[Playbook, ...]
    """In the order in which they are looked at: the first that fits is taken."""

    def find(self, code: str | int) -> Playbook | None:
        """Find the playbook of a code or number, in any spelling and case."""
        bare = _without_prefix(str(code).strip())
        spellings = (bare, EXTENSIONS_PREFIX + bare)
        return next((book for book in self.playbooks if any(map(book.fits, spellings))), None)

    def suggest(self, text: str) -> tuple[str, ...]:
        """Suggest codes that were meant, at most five, the likeliest first.

        A part of a code is enough, such as ``RpCollection``, with a slip in it as well.
        """
        asked = _without_prefix(text.strip()).lower()
        names = {name.lower(): book.code for book in self.playbooks for name in _names(book)}
        if not asked:
            return ()
        holding = sorted((name for name in names if asked in name), key=len)
        alike = get_close_matches(asked, names, n=_SUGGESTIONS)
        found = [*holding, *alike] or [name for name in sorted(names) if _holds_alike(name, asked)]
        return tuple(dict.fromkeys(names[name] for name in found))[:_SUGGESTIONS]

    def find_in_text(self, text: str) -> tuple[Playbook, ...]:
        """Find the playbooks whose codes stand in a text, in their order there, each once.

        Only names count, as whole words: localized words never match, nor do bare numbers.
        """
        books = {name.lower(): book for book in self.playbooks for name in _names_in_texts(book)}
        if not books:
            return ()
        # The longest first: one code may be the beginning of another.
        longest_first = sorted(books, key=len, reverse=True)
        either = "|".join(re.escape(name) for name in longest_first)
        word = rf"(?<![A-Za-z0-9_])(?:{either})(?![A-Za-z0-9_])"
        found = (books[match[0].lower()] for match in re.finditer(word, text, re.IGNORECASE))
        return tuple({book.code: book for book in found}.values())


def _names(book: Playbook) -> tuple[str, ...]:
    return (book.code, *book.aliases)


def _names_in_texts(book: Playbook) -> tuple[str, ...]:
    """Give the names that a text can only hold on purpose."""
    bare = (_without_prefix(name) for name in _names(book))
    return tuple(name for name in bare if _JOINED.search(name))


def _without_prefix(name: str) -> str:
    return name[len(EXTENSIONS_PREFIX) :] if _has_prefix(name) else name


def _has_prefix(name: str) -> bool:
    return name.lower().startswith(EXTENSIONS_PREFIX.lower())


def _holds_alike(name: str, part: str) -> bool:
    """Say whether a name holds something like the part: the same length, nearly the same text."""
    windows = [name[at : at + len(part)] for at in range(len(name) - len(part) + 1)]
    return bool(get_close_matches(part, windows, n=1, cutoff=0.8))
