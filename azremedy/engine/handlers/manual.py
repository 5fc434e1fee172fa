"""Hand a person what only a person can do."""

from __future__ import annotations

from dataclasses import dataclass

from azremedy.domain.steps import Manual
from azremedy.engine.handlers.base import Accepted, Outcome, Proceed, Seen, Tools


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualHandover:
    """Carries out ``Manual``: it sends nothing."""

    step: Manual
    """The step."""
    tools: Tools
    """What it works with."""

    def observe(self) -> Seen:
        """There is nothing to compare: only a person sees what it is about."""
        return Proceed()

    def act(self) -> Accepted:
        """Nothing is sent."""
        return Accepted()

    def confirm(self) -> Accepted | None:
        """Nothing was sent, so nothing can be lost."""
        return Accepted()

    def finish(self, accepted: Accepted) -> Outcome:  # noqa: ARG002 - part of the protocol
        """Say what is asked of a person, and where it is done."""
        asked = self.step.instructions
        return Outcome(message=f"left to a person ({asked.place}): {asked.title}")
