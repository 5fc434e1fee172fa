"""Compare versions component by component, as numbers."""

from __future__ import annotations

Version = tuple[int, ...]


def parse_version(text: str) -> Version | None:
    """Read a version such as ``2.7.41491.1010``; ``None`` for ``Unknown`` and the like.

    What follows a first part that is no number does not count: ``2.2.53.1-ubuntu`` is 2.2.53.
    """
    numbers: list[int] = []
    for part in text.strip().split("."):
        if not part.isdecimal():
            break
        numbers.append(int(part))
    return tuple(numbers) or None


def is_below(version: Version, oldest: Version) -> bool:
    """Say whether a version is lower; parts that are not there count as zero."""
    length = max(len(version), len(oldest))
    return _pad(version, length) < _pad(oldest, length)


def _pad(version: Version, length: int) -> Version:
    return version + (0,) * (length - len(version))
