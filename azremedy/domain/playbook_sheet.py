"""What a team's own playbook would do, put together from it and from the code. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from azremedy.domain.explanation import Explanation, explain_playbook
from azremedy.domain.remedy_steps import PROOF, UsedRemedy, UsedStep, tell_remedy, tell_step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azremedy.domain.playbook import Instructions, Playbook


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybookSheet:
    """What one playbook would do."""

    file: str
    """The file as it was named."""
    explanation: Explanation
    """Causes in the order in which they are asked, each with its remedies, and instructions."""
    replaces: bool
    """Whether it stands in the place of a playbook that comes with azremedy."""
    no_longer_asked: tuple[str, ...]
    """Causes of the playbook that it replaces, which it leaves out."""
    remedies: tuple[UsedRemedy, ...]
    """Each remedy that it names, once, with the steps that it takes."""
    proof: tuple[UsedStep, ...]
    """The steps with which every repair ends."""
    schema: Literal["azremedy.playbook-sheet/1"] = "azremedy.playbook-sheet/1"


def make_sheet(
    book: Playbook,
    file: str,
    *,
    instructions: Mapping[str, Instructions],
    replaced: Playbook | None,
) -> PlaybookSheet:
    """Put together what a playbook would do.

    Args:
        book: the playbook.
        file: where it was read.
        instructions: all instructions, by name.
        replaced: the playbook that comes with azremedy for the same code, if there is one.
    """
    asked = {each.cause for each in book.causes}
    before = replaced.causes if replaced else ()
    named = (*(remedy for each in book.causes for remedy in each.remedies), *book.remedies)
    return PlaybookSheet(
        file=file,
        explanation=explain_playbook(book, instructions),
        replaces=replaced is not None,
        no_longer_asked=tuple(each.cause for each in before if each.cause not in asked),
        remedies=tuple(tell_remedy(each) for each in dict.fromkeys(named)),
        proof=tuple(tell_step(kind) for kind in PROOF),
    )
