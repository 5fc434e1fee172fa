"""Make any text fit for a console: no secret shows, and nothing in it is taken for an order."""

from __future__ import annotations

import re

from rich import markup

from azremedy.redaction import redact

# All but tab and line feed; a terminal obeys them: they clear lines, or set its title. And the
# marks that turn the direction of writing, with which a name reads as another.
_ORDERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

_MARKS = re.compile(r"[|<\[]")


def escape(text: str) -> str:
    """Write a text of Azure's, or of anybody's, for rich. Every report uses this, not rich's own.

    It is redacted here and not when lines are written: a table may fold a secret over two lines.
    """
    return markup.escape(tame(redact(text)))


def flatten(text: str) -> str:
    """Write a text of anybody's as part of a line of Markdown: no image, link, cell or tag of its.

    Single marks such as ``*`` stay: they change how a word looks, and names are full of them.
    """
    return _MARKS.sub(r"\\\g<0>", tame(" ".join(text.split())))


def tame(text: str) -> str:
    """Put a sign in the place of each character that a terminal would obey instead of showing."""
    return _ORDERS.sub("\N{REPLACEMENT CHARACTER}", text)
