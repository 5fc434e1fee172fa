"""Open the way to Azure Storage, and close it again."""

from __future__ import annotations

from dataclasses import dataclass

from azremedy.domain.steps import (
    AddSecurityRule,
    AddServiceEndpoint,
    RemoveSecurityRule,
    RemoveServiceEndpoint,
)
from azremedy.engine.handlers.base import Accepted, Outcome, Seen, Tools


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityRuleCreation:
    """Carries out ``AddSecurityRule``."""

    step: AddSecurityRule
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
class SecurityRuleRemoval:
    """Carries out ``RemoveSecurityRule``."""

    step: RemoveSecurityRule
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
class ServiceEndpointChange:
    """Carries out ``AddServiceEndpoint`` and ``RemoveServiceEndpoint``."""

    step: AddServiceEndpoint | RemoveServiceEndpoint
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
