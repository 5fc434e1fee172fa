"""Lay a backup world out as a picture: boxes from the VM to the vault, a row for each part.

What looks alike is drawn once and used wherever it stands: a fleet's VMs differ in little of it,
and the page stays small.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from textwrap import wrap
from typing import TYPE_CHECKING

from azremedy.report.html.phrases import clean, shorten
from azremedy.report.html.tones import Tone
from azremedy.report.html.world import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azremedy.report.html.world import Box, Look, Part, World

WIDTH = 320
"""Width of a box, in the picture's units, which are pixels where there is room."""
GAP = 56
"""Room for an arrow."""
_HEAD = 54
_LINE = 16
_NAME = 26
_FOOT = 8
_CHARACTERS = 37
_LINES = 3
_HEADING = 29
_SIGNS = {
    Tone.GOOD: "✓",
    Tone.BAD: "✕",
    Tone.WARN: "!",
    Tone.CHANGE: "→",
    Tone.IDLE: "?",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """How one part is drawn."""

    name: str
    """The part, shortened to fit."""
    lines: tuple[str, ...]
    """Its detail, broken to fit."""
    whole: str
    """Name and detail in full where something was left out; else empty."""
    tone: Tone
    """Colour."""
    sign: str
    """The tone for who cannot tell colours apart."""
    gone: bool
    """Whether it is struck through."""
    changed: bool
    """Whether it is not as it was before."""

    @property
    def height(self) -> int:
        """Its height."""
        return _NAME + _LINE * len(self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Rows below each other, as a box holds them."""

    rows: tuple[tuple[int, str], ...]
    """How far from the top each is, and its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A box without what is in it."""

    icon: str
    """The id of its sign."""
    role: str
    """What the box is."""
    name: str
    """Whose it is, shortened to fit."""
    height: int
    """Its height."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedBox:
    """A box at its place."""

    x: int
    """From the left."""
    frame: str
    """Its frame's id."""
    stack: str
    """The id of its rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One world at one time."""

    label: str
    """The same in words, for who does not see it."""
    width: int
    """Its width."""
    height: int
    """Its height."""
    boxes: tuple[PlacedBox, ...]
    """The boxes."""
    arrows: tuple[int, ...]
    """Where arrows begin."""


@dataclass(frozen=True, slots=True)
class Stock:
    """What was drawn so far for one page, each with its id."""

    rows: dict[Row, str] = field(default_factory=dict)
    """Rows."""
    stacks: dict[Stack, str] = field(default_factory=dict)
    """Rows below each other."""
    frames: dict[Frame, str] = field(default_factory=dict)
    """Frames."""

    def keep_stack(self, rows: Iterable[Row]) -> str:
        """Keep rows below each other once and give their id."""
        placed, y = [], _HEAD
        for row in rows:
            placed.append((y, self.rows.setdefault(row, f"r{len(self.rows)}")))
            y += row.height
        return self.stacks.setdefault(Stack(rows=tuple(placed)), f"k{len(self.stacks)}")

    def keep_frame(self, frame: Frame) -> str:
        """Keep a frame once and give its id."""
        return self.frames.setdefault(frame, f"f{len(self.frames)}")


def draw(world: World, stock: Stock, *, brief: bool = False) -> tuple[Picture, Picture]:
    """Draw a world before and after, in the same size.

    Args:
        world: what is drawn.
        stock: what was drawn before.
        brief: draw it without names of its own, so that it looks like others, and label it so.
    """
    boxes = tuple(map(_make_alike, world.boxes)) if brief else world.boxes
    tell = _count if brief else _tell
    before = [[_make_row(part, after=False) for part in box.parts] for box in boxes]
    after = [[_make_row(part, after=True) for part in box.parts] for box in boxes]
    height = max(_measure(rows) for rows in (*before, *after))
    return (
        _place(boxes, before, stock, height=height, label=tell(world, after=False)),
        _place(boxes, after, stock, height=height, label=tell(world, after=True)),
    )


def _make_alike(box: Box) -> Box:
    """Take out what tells one VM's box from another's: the text around the picture has it."""
    parts = (
        replace(part, name=part.kind.value) if part.kind is Kind.COLLECTION else part
        for part in box.parts
    )
    return replace(box, name="this one" if box.icon == "vm" else box.name, parts=tuple(parts))


def _make_row(part: Part, *, after: bool) -> Row:
    look = part.after if after else part.before
    name, detail = clean(part.name), clean(look.detail)
    lines = wrap(_split(detail), _CHARACTERS, break_on_hyphens=False) or [""]
    if cut := len(lines) > _LINES:
        lines = [*lines[: _LINES - 1], shorten(" ".join(lines[_LINES - 1 :]), _CHARACTERS)]
    shown = shorten(name, _HEADING)
    return Row(
        name=shown,
        lines=tuple(lines),
        whole=f"{name}: {detail}" if cut or shown != name else "",
        tone=look.tone,
        sign="\N{EN DASH}" if look.gone else _SIGNS[look.tone],
        gone=look.gone,
        changed=after and part.after != part.before,
    )


def _split(text: str) -> str:
    """Split words that are longer than a line at a capital letter, as codes have them."""
    return " ".join(map(_split_word, text.split()))


def _split_word(word: str) -> str:
    humps = [found.start() for found in re.finditer(r"(?<=[a-z])[A-Z]", word)]
    fitting = [place for place in humps if place <= _CHARACTERS]
    if len(word) <= _CHARACTERS or not fitting:
        return word
    return f"{word[: fitting[-1]]} {word[fitting[-1] :]}"


def _measure(rows: list[Row]) -> int:
    return _HEAD + sum(row.height for row in rows) + _FOOT


def _place(
    boxes: tuple[Box, ...], rows: list[list[Row]], stock: Stock, *, height: int, label: str
) -> Picture:
    placed = tuple(
        PlacedBox(
            x=number * (WIDTH + GAP),
            frame=stock.keep_frame(_make_frame(box, height)),
            stack=stock.keep_stack(own),
        )
        for number, (box, own) in enumerate(zip(boxes, rows, strict=True))
    )
    return Picture(
        label=label,
        width=len(boxes) * (WIDTH + GAP) - GAP,
        height=height,
        boxes=placed,
        arrows=tuple(box.x + WIDTH for box in placed[:-1]),
    )


def _make_frame(box: Box, height: int) -> Frame:
    name = shorten(clean(box.name), _HEADING)
    return Frame(icon=f"i-{box.icon}", role=box.role, name=name, height=height)


def _list_outstanding(world: World, *, after: bool) -> list[tuple[str, Look]]:
    """List what stands out; what is well, or not known, is told by the findings."""
    looks = [(part, part.after if after else part.before) for part in world.parts]
    return [
        (part.name, look)
        for part, look in looks
        if look.tone not in {Tone.GOOD, Tone.IDLE} or (after and part.after != part.before)
    ]


def _tell(world: World, *, after: bool) -> str:
    found = (f"{name}: {look.detail}" for name, look in _list_outstanding(world, after=after))
    when = "after" if after else "before"
    return f"{world.name} {when}: {'; '.join(found) or 'nothing stands out'}"


def _count(world: World, *, after: bool) -> str:
    tones = [look.tone for _, look in _list_outstanding(world, after=after)]
    bad = sum(tone in {Tone.BAD, Tone.WARN} for tone in tones)
    changed = f", {len(tones) - bad} changed" if after else ""
    return f"{world.name} {'after' if after else 'before'}: {bad} in trouble{changed}"
