"""Make the process's streams fit for any text, however the process was started."""

from __future__ import annotations

import codecs
import os
import sys

PLAIN = "azremedy-plain"
"""Name of the way to write characters that a stream's code page does not have."""
_STANDS_FOR = {
    0x2013: "-",
    0x2014: "-",
    0x2018: "'",
    0x2019: "'",
    0x201C: '"',
    0x201D: '"',
    0x2022: "*",
    0x2026: "...",
    0x2192: "->",
}
"""Dashes, quotation marks, the bullet, the ellipsis and the arrow, by their code points."""


def prepare_streams() -> None:
    """Open streams that were closed, and let none fail on a character."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # For the process's life; pathlib takes longer to load than all this.
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123
    # A Windows console may have a code page of 256 characters, a pipe always has.
    codecs.register_error(PLAIN, write_plainly)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=PLAIN)


def write_plainly(error: UnicodeError) -> tuple[str, int]:
    """Write what a code page lacks as plain characters that mean the same, else as ``?``.

    Raises:
        UnicodeError: it was met while reading, which is not for this function.
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    plain = lacking.translate(_STANDS_FOR)
    return "".join(char if char.isascii() else "?" for char in plain), error.end
