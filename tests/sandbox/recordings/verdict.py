"""Compare kinds of exchange one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.sandbox.recordings.accepted import ACCEPTED
from tests.sandbox.recordings.comparison import compare
from tests.sandbox.recordings.conversation import steps

if TYPE_CHECKING:
    from tests.sandbox.recordings.kinds import Kind
    from tests.sandbox.recordings.traffic import Recordings


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How one step of a kind compares."""

    step: str
    recordings: int
    """How many recorded exchanges it was held against."""
    differences: tuple[str, ...]

    @property
    def unlisted(self) -> tuple[str, ...]:
        """Give the differences for which no reason stands in the table."""
        return tuple(
            said
            for said in self.differences
            if not any(accepted.covers(self.step, said) for accepted in ACCEPTED)
        )


def judge(kind: Kind, recordings: Recordings) -> tuple[Verdict, ...]:
    """Compare a kind, step by step."""
    return tuple(
        Verdict(
            step=step,
            recordings=len(recorded),
            differences=tuple(compare(recorded, answered)) if recorded else (),
        )
        for step, recorded, answered in steps(kind, recordings)
    )
