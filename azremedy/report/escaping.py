"""Make any text fit for a console: no secret shows, and nothing in it is taken for markup."""

from __future__ import annotations

from rich import markup

from azremedy.redaction import redact


def escape(text: str) -> str:
    """Write a text of Azure's, or of anybody's, for rich. Every report uses this, not rich's own.

    It is redacted here and not when lines are written: a table may fold a secret over two lines.
    """
    return markup.escape(redact(text))
