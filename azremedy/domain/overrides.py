"""The flags that let something through: one for each loss, and what it lets through. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain import guards

if TYPE_CHECKING:
    from collections.abc import Mapping

OVERRIDES: Mapping[str, str] = {
    guards.UNLOCK: (
        "a lock in the way. At Azure Backup's own group it goes for good (`--relock` puts it "
        "back); anywhere else it is put back in every ending"
    ),
    guards.INCLUDE_INHERITED: (
        "a lock on the whole subscription: it is put back, but `unlock-rg` removes it for good"
    ),
    guards.ACCEPT_LOSS: "restore points that have no copy in the vault, or perhaps none",
    guards.ACCEPT_UNKNOWN_RIGHTS: "lending a lock although your right to put it back is unknown",
    guards.AGENT_NOT_READY: "a VM that does not run, or an agent that is not ready",
    guards.DURING_JOB: "a backup, restore or file recovery that works on the VM",
    guards.NO_COOL_DOWN: "a backup right after one that failed, or what did not help before",
    guards.MAX_TARGETS: "more targets at once than the 20 that are usual",
    guards.MAX_BACKUPS: "more backups a day than Azure supports",
    "--restart": "`fix` may restart a VM",
    "--reapply": "`fix` may have Azure apply a VM's model again",
    "--redeploy": "`fix` may move a VM to another host",
    "--deallocate": "`fix` may shut a VM down, which stays off",
    "--run-command": "`fix` may run azremedy's scripts in a VM",
    "--allow-storage": "`fix` may open the network to Azure Storage",
    "--grant-keyvault": "`fix` may let Azure Backup read a key vault",
    "--cancel-job": "`fix` may end a job",
    "--resume-protection": "`fix` may protect a paused VM again",
}
"""By flag. Flags that only choose, such as ``--by``, are not in it."""
