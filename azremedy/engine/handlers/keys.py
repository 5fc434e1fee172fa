"""Give the backup service rights in key vaults, and take them back."""

from __future__ import annotations

from dataclasses import dataclass

from azremedy.domain.steps import (
    AddRoleAssignment,
    AddVaultAccess,
    RemoveRoleAssignment,
    RemoveVaultAccess,
)
from azremedy.engine.handlers.base import Accepted, Outcome, Seen, Tools


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultAccessChange:
    """Carries out ``AddVaultAccess`` and ``RemoveVaultAccess``."""

    step: AddVaultAccess | RemoveVaultAccess
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
class RoleAssignmentCreation:
    """Carries out ``AddRoleAssignment``."""

    step: AddRoleAssignment
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
class RoleAssignmentRemoval:
    """Carries out ``RemoveRoleAssignment``."""

    step: RemoveRoleAssignment
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
