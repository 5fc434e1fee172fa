"""Make any text fit for a console: no secret shows, and nothing in it is taken for an order."""

from __future__ import annotations

import re

from rich import markup

from azremedy.redaction import redact
from azremedy.report.agent_commands import break_commands

# All but tab and line feed; a terminal obeys them: they clear lines, or set its title. And the
# marks that turn the direction of writing, with which a name reads as another.
_ORDERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

# A backslash is a mark as well: one in front of ours would take it back.
_MARKS = re.compile(r"[\\|<\[`]")
_TICKS = re.compile("`+")


def escape(text: str) -> str:
    """Write a text of Azure's, or of anybody's, for rich. Every report uses this, not rich's own.

    It is redacted here and not when lines are written: a table may fold a secret over two lines.
    """
    return markup.escape(tame(redact(text)))


def flatten(text: str) -> str:
    """Write a text of anybody's as part of a line of Markdown.

    No image, link, cell, tag or code of its comes of it; as code :func:`code` writes it. It is
    redacted before it is marked: a mark in the middle may hide a secret's shape. Single marks such
    as ``*`` stay: they change how a word looks, and names are full of them.
    """
    return _MARKS.sub(r"\\\g<0>", _straighten(text))


def code(text: str) -> str:
    """Write a text of anybody's as code in a line of Markdown, or in a cell of its tables."""
    line = _straighten(text).replace("|", r"\|") or " "
    longest = max(map(len, _TICKS.findall(line)), default=0)
    # Where code begins or ends with a tick, one space on either side is not shown.
    space = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{'`' * (longest + 1)}{space}{line}{space}{'`' * (longest + 1)}"


def tame(text: str) -> str:
    """Put a sign in the place of each character that a terminal would obey instead of showing.

    What a pipeline's agent would obey gets a space in its mark.
    """
    return break_commands(_ORDERS.sub("\N{REPLACEMENT CHARACTER}", text))


def _straighten(text: str) -> str:
    return tame(redact(" ".join(text.split())))
