"""What each remedy takes: which steps, what they lose, and what they need. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azremedy.domain.consequences import CONSEQUENCES, find_reversible
from azremedy.domain.needs import USES, Use, Weight
from azremedy.domain.remedies import Remedy
from azremedy.domain.steps import Reversible

if TYPE_CHECKING:
    from collections.abc import Mapping

PROOF = ("TriggerBackup", "WaitForJob")
"""The steps with which every repair ends."""

KINDS: Mapping[Remedy, tuple[str, ...]] = {
    Remedy.UNLOCK: ("DeleteLock",),
    Remedy.CLEAN_POINTS: ("DeleteRestorePointCollection",),
    Remedy.CLEAN_BY_BACKUP: (*PROOF, "WaitForCleanup"),
    Remedy.RESET_EXTENSION: ("DeleteExtension",),
    Remedy.BACKUP: (),
    Remedy.RESTART_VM: ("RestartVm",),
    Remedy.REAPPLY_VM: ("ReapplyVm",),
    Remedy.REDEPLOY_VM: ("RedeployVm",),
    Remedy.DEALLOCATE_VM: ("DeallocateVm",),
    Remedy.START_AGENT: ("RunGuestScript",),
    Remedy.UPDATE_AGENT: ("RunGuestScript",),
    Remedy.ENABLE_EXTENSIONS: ("RunGuestScript",),
    Remedy.DEEP_CLEAN: ("RunGuestScript",),
    Remedy.ALLOW_STORAGE: ("AddSecurityRule", "AddServiceEndpoint"),
    Remedy.GRANT_KEY_VAULT: ("AddVaultAccess", "AddRoleAssignment", "WaitForRights"),
    Remedy.WAIT_FOR_JOB: ("WaitForIdle",),
    Remedy.WAIT_FOR_VM: ("WaitForVm",),
    Remedy.CANCEL_JOB: ("CancelJob", "WaitForIdle"),
    Remedy.RESUME_PROTECTION: ("ResumeProtection",),
}
"""The kinds of steps that a remedy may plan. Locks in their way are besides: ``--unlock`` lends
them, which is ``DeleteLock`` before and ``CreateLock`` after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedStep:
    """One kind of step, before there is a VM to plan it for."""

    kind: str
    """The step's kind, as in plans."""
    lost: str
    """What is gone, or interrupted, by it."""
    reversible: Reversible
    """Whether it can be undone."""
    permissions: tuple[Use, ...]
    """What it must be allowed to do, and where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedRemedy:
    """One remedy with the steps that it takes."""

    remedy: Remedy
    """The remedy."""
    steps: tuple[UsedStep, ...]
    """What it may plan; of several ways Azure's state decides. Empty: only the backup at the end
    of every repair."""


def tell_remedy(remedy: Remedy) -> UsedRemedy:
    """Tell which steps a remedy takes."""
    return UsedRemedy(remedy=remedy, steps=tuple(tell_step(kind) for kind in KINDS[remedy]))


def tell_step(kind: str) -> UsedStep:
    """Tell what a kind of step loses and needs."""
    return UsedStep(
        kind=kind,
        lost=CONSEQUENCES[kind].lost,
        # A script says itself; each that a remedy runs changes something inside.
        reversible=find_reversible(kind) or Reversible.BY_HAND,
        permissions=tuple(use for use in USES[kind] if use.weight is Weight.MUST),
    )
