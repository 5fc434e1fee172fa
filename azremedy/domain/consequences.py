"""What each kind of step changes, what is lost by it, and how it comes back. Pure.

Whether a step can be undone is the step's own word (``reversible``); the permissions are in
``needs``. Here is what both leave open, in general: a plan says it of one resource.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azremedy.domain import steps
from azremedy.domain.steps import Reversible

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """What one kind of step comes to."""

    does: str
    """What it does, in the infinitive."""
    changes: str = ""
    """What is not as before, as a noun; empty when it only waits or asks."""
    lost: str = "nothing"
    """What is gone, or interrupted, by it."""
    undo: str = ""
    """How it comes back, or what there is instead; empty where nothing more is to be said."""


CONSEQUENCES: Mapping[str, Consequence] = {
    "DeleteLock": Consequence(
        does="remove a lock",
        changes="locks",
        lost="its protection",
        undo="puts the whole lock back, from the journal",
    ),
    "CreateLock": Consequence(
        does="put a lock back", changes="locks", undo="removes the lock again"
    ),
    "DeleteRestorePointCollection": Consequence(
        does="delete a restore point collection",
        changes="restore points",
        lost="its instant restore points; never data in the vault",
        undo="the next backup makes a new collection, and may take longer",
    ),
    "WaitForCleanup": Consequence(
        does="wait until Azure Backup has deleted old restore points",
        lost="the restore points that Azure Backup deletes by its own rules",
        undo="they were due",
    ),
    "CancelJob": Consequence(
        does="cancel a job",
        changes="a job",
        lost="the backup that ran",
        undo="back up again",
    ),
    "WaitForIdle": Consequence(does="wait until no job works on the VM"),
    "ResumeProtection": Consequence(
        does="resume protection",
        changes="the VM's protection",
        undo="stop protection in the vault",
    ),
    "TriggerBackup": Consequence(
        does="trigger a backup",
        changes="a new recovery point",
        undo="the recovery point expires after `--retain-days`",
    ),
    "WaitForJob": Consequence(does="follow a backup to its end"),
    "Manual": Consequence(does="ask a person to do something, with exact instructions"),
    "DeleteExtension": Consequence(
        does="uninstall the snapshot extension",
        changes="the snapshot extension",
        undo="Azure installs it at the next backup",
    ),
    "ReapplyVm": Consequence(
        does="have Azure apply the VM's model again", changes="the VM", lost="nothing; no restart"
    ),
    "RestartVm": Consequence(
        does="restart the VM",
        changes="the VM",
        lost="what runs on it is interrupted",
    ),
    "RedeployVm": Consequence(
        does="move the VM to another host",
        changes="the VM",
        lost="what runs on it is interrupted; what is on its temporary disk is gone",
    ),
    "DeallocateVm": Consequence(
        does="deallocate the VM",
        changes="the VM",
        lost="what runs on it stops; the temporary disk and a dynamic address may go",
        undo="starts it",
    ),
    "StartVm": Consequence(
        does="start the VM", changes="the VM", lost="nothing; it costs money", undo="stops it"
    ),
    "WaitForVm": Consequence(does="wait until Azure has ended its change of the VM"),
    "WaitForRights": Consequence(does="wait until Azure acts on new rights"),
    "RunGuestScript": Consequence(
        does="run one of azremedy's scripts in the VM",
        changes="what the script says",
        lost="nothing that the script does not set aside",
        undo="by hand, as the list of scripts says",
    ),
    "AddSecurityRule": Consequence(
        does="add a rule to a network security group",
        changes="a network rule",
        undo="removes exactly that rule",
    ),
    "RemoveSecurityRule": Consequence(
        does="remove the rule that was added", changes="a network rule", undo="adds it again"
    ),
    "AddServiceEndpoint": Consequence(
        does="add a service endpoint to a subnet",
        changes="a subnet's endpoints",
        lost="open connections to Azure Storage are cut for a moment",
        undo="removes exactly that endpoint",
    ),
    "RemoveServiceEndpoint": Consequence(
        does="remove the service endpoint that was added",
        changes="a subnet's endpoints",
        lost="open connections to Azure Storage are cut for a moment",
        undo="adds it again",
    ),
    "AddVaultAccess": Consequence(
        does="give rights in a key vault's access policy",
        changes="a key vault's access policy",
        undo="takes exactly those rights back",
    ),
    "RemoveVaultAccess": Consequence(
        does="take back rights that were given in a key vault's access policy",
        changes="a key vault's access policy",
        undo="gives them again",
    ),
    "AddRoleAssignment": Consequence(
        does="assign a role at a key vault",
        changes="a role assignment",
        undo="removes exactly that assignment",
    ),
    "RemoveRoleAssignment": Consequence(
        does="remove the role assignment that was made",
        changes="a role assignment",
        undo="makes it again",
    ),
}
"""By the kind of the step, as in ``needs.USES``."""


def find_reversible(kind: str) -> Reversible | None:
    """Say whether a kind of step can be undone; ``None`` where each step of it says so itself."""
    found = getattr(steps, kind).reversible
    return found if isinstance(found, Reversible) else None
