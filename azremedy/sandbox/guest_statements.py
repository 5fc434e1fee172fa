"""Take a script apart into statements, with the texts that it carries for other programs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SEPARATORS = re.compile(r"\s*(?:;|\bthen\b|\bdo\b)\s*|(?<=\belse)\s+")
_HEREDOC = re.compile(r"<<-?\s*['\"]?(\w+)['\"]?\s*$")
_HERE_STRING = re.compile(r"@(['\"])\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement."""

    text: str
    """As it is written."""
    body: tuple[str, ...] = ()
    """The lines of the text that it carries: a shell's here-document, PowerShell's here-string."""


def parse(script: Sequence[str]) -> Iterator[Statement]:
    """Give a script's statements in order; remarks and empty lines are left out."""
    lines = iter([line.strip() for text in script for line in text.splitlines()])
    for line in lines:
        if not line or line.startswith("#"):
            continue
        if (end := _find_end(line)) is not None:
            yield Statement(text=line, body=tuple(_read_body(lines, end)))
        elif is_quoted(line):
            yield Statement(text=line)
        else:
            yield from (Statement(text=text) for text in _SEPARATORS.split(line) if text)


def is_quoted(line: str) -> bool:
    """Tell whether a line is one command whose separators stand in quotes, such as a `sh -c`."""
    return bool(re.search(r"['\"][^'\"]*(;|&&)[^'\"]*['\"]", line))


def _find_end(line: str) -> str | None:
    """Give how the last line behind a carried text begins; None when the line carries none."""
    if heredoc := _HEREDOC.search(line):
        return heredoc[1]
    here_string = _HERE_STRING.search(line)
    return f"{here_string[1]}@" if here_string else None


def _read_body(lines: Iterator[str], end: str) -> Iterator[str]:
    for line in lines:
        if line.startswith(end):
            return
        yield line
