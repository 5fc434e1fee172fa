"""What has been drafted so far, and the world as it will be then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from azremedy.domain.plan import PointLoss, Verdict
from azremedy.domain.planner.assemble import Draft
from azremedy.domain.worlds import VmEvidence

if TYPE_CHECKING:
    from azremedy.domain.planner.assemble import Section


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A repair in the making."""

    evidence: VmEvidence
    """The world as it is expected to be once the drafts are carried out: what an earlier step
    mends must not refuse a later one. Handlers look again before they act."""
    drafts: tuple[Draft, ...] = ()
    """Steps in order."""
    verdicts: tuple[Verdict, ...] = ()
    """The guards' answers."""
    loss: tuple[PointLoss, ...] = ()
    """The loss sheet."""
    notes: tuple[str, ...] = ()
    """What to expect."""

    def add(self, *drafts: Draft, then: VmEvidence | None = None) -> Course:
        """Go on with more drafts, after which the world is as given."""
        evidence = self.evidence if then is None else then
        return replace(self, drafts=(*self.drafts, *drafts), evidence=evidence)

    def say(self, *verdicts: Verdict) -> Course:
        """Go on with more of the guards' answers."""
        return replace(self, verdicts=(*self.verdicts, *verdicts))

    def join(self, section: Section, *, then: VmEvidence | None = None) -> Course:
        """Go on with what another planner drafted."""
        return replace(
            self.add(*section.drafts, then=then).say(*section.verdicts),
            loss=(*self.loss, *section.loss),
            notes=(*self.notes, *section.notes),
        )
