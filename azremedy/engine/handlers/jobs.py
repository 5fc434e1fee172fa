"""Wait for jobs that run already, or cancel them."""

from __future__ import annotations

from dataclasses import dataclass

from azremedy.domain.steps import CancelJob, WaitForIdle
from azremedy.engine.handlers.base import Accepted, Outcome, Seen, Tools


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCancellation:
    """Carries out ``CancelJob``."""

    step: CancelJob
    """The step."""
    tools: Tools
    """What it works with."""

    def observe(self) -> Seen:
        """Look."""
        raise NotImplementedError

    def act(self) -> Accepted:
        """Send."""
        raise NotImplementedError

    def confirm(self) -> Accepted | None:
        """Look whether a lost request was carried out."""
        raise NotImplementedError

    def finish(self, accepted: Accepted) -> Outcome:
        """Follow."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleWait:
    """Carries out ``WaitForIdle``."""

    step: WaitForIdle
    """The step."""
    tools: Tools
    """What it works with."""

    def observe(self) -> Seen:
        """Look."""
        raise NotImplementedError

    def act(self) -> Accepted:
        """Send."""
        raise NotImplementedError

    def confirm(self) -> Accepted | None:
        """Look whether a lost request was carried out."""
        raise NotImplementedError

    def finish(self, accepted: Accepted) -> Outcome:
        """Follow."""
        raise NotImplementedError
