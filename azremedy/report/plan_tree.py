"""A plan as a tree for each target: how a terminal shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment, Segments
from rich.text import Text
from rich.tree import Tree

from azremedy.report import words
from azremedy.report.instructions_text import show_instructions
from azremedy.report.plan_lines import UNDO_STYLE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from azremedy.report.plan_lines import Line


def show_branches(lines: Iterable[Line], console: Console) -> None:
    """Draw lines as the branches of what is written above them.

    Instructions come below the tree: their commands are to be copied.
    """
    told = list(lines)
    tree = Tree("", guide_style="dim")
    branch = tree
    for line in told:
        if line.below:
            branch.add(_draw(line))
        else:
            branch = tree.add(_draw(line))
    # Its first line is that of the root, which is an id: it is written whole, to be copied too.
    for drawn in console.render_lines(tree, pad=False)[1:]:
        console.print(Segments([*drawn, Segment.line()]), end="")
    for line in told:
        if line.instructions is not None:
            show_instructions(line.instructions, console, indent=4)


def _draw(line: Line) -> Text:
    text = Text.from_markup(line.text, overflow="fold")
    if line.undo is None:
        return text
    text.stylize("dim")
    return text.append("; ").append(words.REVERSIBLE[line.undo], style=UNDO_STYLE[line.undo])
