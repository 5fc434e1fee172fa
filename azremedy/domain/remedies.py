"""What azremedy can do about a cause: a closed set of names that playbooks use."""

from __future__ import annotations

from enum import StrEnum


class Remedy(StrEnum):
    """One way to mend a cause from outside. What a person must do is not a remedy but text."""

    UNLOCK = "unlock"
    """Take the locks off the restore point group; the service cleans up by itself."""
    CLEAN_POINTS = "clean-points"
    """Delete the VM's restore point collections, after proof that they are its own."""
    CLEAN_BY_BACKUP = "clean-by-backup"
    """Take locks off and let a backup make the service clean up."""
    RESET_EXTENSION = "reset-extension"
    """Uninstall the snapshot extension; the next backup installs it again."""
    BACKUP = "backup"
    """Nothing but a new backup, which ends every repair anyway."""
    RESTART_VM = "restart-vm"
    """Restart the VM."""
    REAPPLY_VM = "reapply-vm"
    """Apply the VM's model again, without a restart."""
    REDEPLOY_VM = "redeploy-vm"
    """Move the VM to another host."""
    DEALLOCATE_VM = "deallocate-vm"
    """Shut the VM down from outside."""
    START_AGENT = "start-agent"
    """Start the agent's services, detached, with Run Command."""
    UPDATE_AGENT = "update-agent"
    """Update the Linux agent from the distribution's repository, detached, with Run Command."""
    ENABLE_EXTENSIONS = "enable-extensions"
    """Put the switches in waagent.conf right, with Run Command."""
    DEEP_CLEAN = "deep-clean"
    """Remove what is left of the snapshot extension in the guest, with Run Command."""
    ALLOW_STORAGE = "allow-storage"
    """Open the way to Azure Storage with one rule or a service endpoint."""
    GRANT_KEY_VAULT = "grant-keyvault"
    """Let the backup service read the key vault."""
    WAIT_FOR_JOB = "wait-for-job"
    """Wait until the job that runs has ended."""
    WAIT_FOR_VM = "wait-for-vm"
    """Wait until Azure has ended its change of the VM."""
    CANCEL_JOB = "cancel-job"
    """Cancel the job that runs."""
    RESUME_PROTECTION = "resume-protection"
    """Protect the VM again with the policy that it had."""


FLAGS = {
    Remedy.RESTART_VM: "--restart",
    Remedy.REAPPLY_VM: "--reapply",
    Remedy.REDEPLOY_VM: "--redeploy",
    Remedy.DEALLOCATE_VM: "--deallocate",
    Remedy.START_AGENT: "--run-command",
    Remedy.UPDATE_AGENT: "--run-command",
    Remedy.ENABLE_EXTENSIONS: "--run-command",
    Remedy.DEEP_CLEAN: "--run-command",
    Remedy.ALLOW_STORAGE: "--allow-storage",
    Remedy.GRANT_KEY_VAULT: "--grant-keyvault",
    Remedy.CANCEL_JOB: "--cancel-job",
    Remedy.RESUME_PROTECTION: "--resume-protection",
}
"""The flag without which ``fix`` does not use a remedy, because it disrupts or opens something.
The others have no flag of their own: they change only what the backup service made."""

LINUX_ONLY = frozenset({Remedy.UPDATE_AGENT, Remedy.ENABLE_EXTENSIONS})
"""Remedies that only Linux has: there the agent comes with the distribution, and its switches
stand in a file (learn.microsoft.com/azure/virtual-machines/extensions/agent-linux)."""


def fits_system(remedy: Remedy, os_type: str) -> bool:
    """Say whether a remedy is one for this system; for one that is not known, any is.

    Args:
        remedy: the remedy.
        os_type: ``Windows`` or ``Linux``, as Azure writes it, or empty.
    """
    return remedy not in LINUX_ONLY or os_type.lower() in {"linux", ""}
