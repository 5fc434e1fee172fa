"""Give the backup service rights in key vaults, and take them back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azremedy.domain.keys import AccessPolicy, find_policy, list_lacking
from azremedy.domain.steps import (
    AddRoleAssignment,
    AddVaultAccess,
    RemoveRoleAssignment,
    RemoveVaultAccess,
)
from azremedy.engine.handlers.base import (
    Accepted,
    Already,
    Moved,
    Outcome,
    Proceed,
    Seen,
    Tools,
)
from azremedy.engine.handlers.deletions import wait_until_gone
from azremedy.engine.handlers.patient import retry_locked
from azremedy.errors import AzureError, ConflictError, NotFoundError

if TYPE_CHECKING:
    from azremedy.domain.keys import KeyVault, RoleAssignment
    from azremedy.gateways.operations import Receipt
    from azremedy.ids import ResourceId

_TWICE = "RoleAssignmentExists"
_GONE = "the key vault is gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultAccessChange:
    """Carries out ``AddVaultAccess`` and ``RemoveVaultAccess``."""

    step: AddVaultAccess | RemoveVaultAccess
    """The step."""
    tools: Tools
    """What it works with."""

    def observe(self) -> Seen:
        """Look what the principal may do now.

        Where it got a part of the rights meanwhile the plan is stale: taking the step back later
        would take more than it gave.
        """
        vault = _find_vault(self.step.vault_id, self.tools)
        if isinstance(self.step, RemoveVaultAccess):
            gone = vault is None or not self._list_held(vault)
            return Already(why="the rights are gone already") if gone else Proceed()
        if vault is None:
            return Moved(why=_GONE)
        if vault.by_roles:
            return Moved(why="the key vault works by roles now")
        if not self._list_lacking(vault):
            return Already(why="the rights are there already")
        if self._list_held(vault):
            return Moved(why="some of the rights were given since the plan")
        return Proceed()

    def act(self) -> Accepted:
        """Send exactly the rights of the step; others that the principal has stay."""
        return _accepted(retry_locked(self._send, self.tools))

    def confirm(self) -> Accepted | None:
        """Look whether the key vault shows the change."""
        return Accepted() if self._is_done() else None

    def finish(self, accepted: Accepted) -> Outcome:  # noqa: ARG002 - part of the protocol
        """Read the key vault until it shows the change."""
        if not wait_until_gone(lambda: not self._is_done(), self.tools):
            raise AzureError(f"The access policy of {self.step.vault_id} does not show the change")
        if isinstance(self.step, AddVaultAccess):
            return Outcome(message="the backup service has the rights in the key vault")
        return Outcome(message="the rights are taken back")

    def _send(self) -> Receipt:
        step = self.step
        gateway = self.tools.gateways(step.vault_id).key_vaults
        policy = AccessPolicy(object_id=step.object_id, keys=step.keys, secrets=step.secrets)
        if isinstance(step, AddVaultAccess):
            return gateway.add_access(step.vault_id, policy, tenant_id=step.tenant_id)
        return gateway.remove_access(step.vault_id, policy, tenant_id=step.tenant_id)

    def _is_done(self) -> bool:
        vault = _find_vault(self.step.vault_id, self.tools)
        if isinstance(self.step, RemoveVaultAccess):
            return vault is None or not self._list_held(vault)
        return vault is not None and not self._list_lacking(vault)

    def _list_lacking(self, vault: KeyVault) -> tuple[str, ...]:
        held = find_policy(vault, self.step.object_id)
        return (
            *list_lacking(self.step.keys, held.keys),
            *list_lacking(self.step.secrets, held.secrets),
        )

    def _list_held(self, vault: KeyVault) -> tuple[str, ...]:
        held = find_policy(vault, self.step.object_id)
        return (
            *(right for right in self.step.keys if right in held.keys),
            *(right for right in self.step.secrets if right in held.secrets),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleAssignmentCreation:
    """Carries out ``AddRoleAssignment``."""

    step: AddRoleAssignment
    """The step."""
    tools: Tools
    """What it works with."""

    def observe(self) -> Seen:
        """Look whether roles still decide in the key vault, and whether it has the role."""
        vault = _find_vault(self._vault_id, self.tools)
        if vault is None:
            return Moved(why=_GONE)
        if not vault.by_roles:
            return Moved(why="the key vault works by access policies now")
        return Already(why="the role is assigned already") if self._is_assigned() else Proceed()

    def act(self) -> Accepted:
        """Assign the role; somebody else may have done so a moment ago."""
        try:
            return _accepted(retry_locked(self._send, self.tools))
        except ConflictError as error:
            if error.answer is None or error.answer.code != _TWICE:
                raise
            return Accepted()

    def confirm(self) -> Accepted | None:
        """Look whether the role is assigned."""
        return Accepted() if self._is_assigned() else None

    def finish(self, accepted: Accepted) -> Outcome:  # noqa: ARG002 - part of the protocol
        """Read until the list shows the assignment."""
        if not wait_until_gone(lambda: not self._is_assigned(), self.tools):
            raise AzureError(f"The list of roles at {self._vault_id} does not show the assignment")
        return Outcome(message="the backup service has the role at the key vault")

    def _send(self) -> Receipt:
        return self.tools.gateways(self._vault_id).roles.create_assignment(
            self.step.assignment_id,
            role_definition_id=self.step.role_definition_id,
            object_id=self.step.object_id,
        )

    def _is_assigned(self) -> bool:
        """Say whether the principal has the role right at the key vault, under whichever name."""
        roles = self.tools.gateways(self._vault_id).roles
        return any(
            _is_same(each, self.step) and each.scope.lower() == self._vault_id.key
            for each in roles.list_assignments(self._vault_id, self.step.object_id)
        )

    @property
    def _vault_id(self) -> ResourceId:
        return self.step.assignment_id.scope


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleAssignmentRemoval:
    """Carries out ``RemoveRoleAssignment``."""

    step: RemoveRoleAssignment
    """The step."""
    tools: Tools
    """What it works with."""

    def observe(self) -> Seen:
        """Look whether it is still the assignment that was made."""
        found = self._find()
        if found is None:
            return Already(why="the role is taken back already")
        if not _is_same(found, self.step):
            return Moved(why="the assignment is another one now")
        return Proceed()

    def act(self) -> Accepted:
        """Remove it."""
        assignment_id = self.step.assignment_id
        roles = self.tools.gateways(assignment_id).roles
        return _accepted(retry_locked(lambda: roles.delete_assignment(assignment_id), self.tools))

    def confirm(self) -> Accepted | None:
        """Look whether it is gone."""
        return Accepted() if self._find() is None else None

    def finish(self, accepted: Accepted) -> Outcome:  # noqa: ARG002 - part of the protocol
        """Read until it is gone."""
        if not wait_until_gone(lambda: self._find() is not None, self.tools):
            raise AzureError(f"The role assignment {self.step.assignment_id} is still shown")
        return Outcome(message="the role is taken back")

    def _find(self) -> RoleAssignment | None:
        assignment_id = self.step.assignment_id
        try:
            return self.tools.gateways(assignment_id).roles.get_assignment(assignment_id)
        except NotFoundError:
            return None


def _find_vault(vault_id: ResourceId, tools: Tools) -> KeyVault | None:
    try:
        return tools.gateways(vault_id).key_vaults.get_vault(vault_id)
    except NotFoundError:
        return None


def _is_same(found: RoleAssignment, step: AddRoleAssignment | RemoveRoleAssignment) -> bool:
    """Say whether an assignment gives the step's role to the step's principal itself."""
    return (
        found.gives(step.role_definition_id) and found.object_id.lower() == step.object_id.lower()
    )


def _accepted(receipt: Receipt) -> Accepted:
    return Accepted(request_id=receipt.request_id, correlation_id=receipt.correlation_id)
