"""Say how long operations take when the scenario does not."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from azremedy.sandbox.scenario_model import Timing

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULTS: Mapping[str, Timing] = MappingProxyType(
    {
        "deleteRestorePointCollection": Timing(seconds=40, retry_after=10),
        "createRestorePoint": Timing(seconds=50, retry_after=10),
        "deleteRestorePoint": Timing(seconds=5, retry_after=10),
        "deleteExtension": Timing(seconds=30, retry_after=10),
        "deleteExtensionUnanswered": Timing(seconds=1500, retry_after=60),
        "writeExtension": Timing(seconds=30, retry_after=10),
        "startVirtualMachine": Timing(seconds=30, retry_after=10),
        "restartVirtualMachine": Timing(seconds=40, retry_after=10),
        "powerOffVirtualMachine": Timing(seconds=30, retry_after=10),
        "deallocateVirtualMachine": Timing(seconds=60, retry_after=10),
        "reapplyVirtualMachine": Timing(seconds=30, retry_after=10),
        "redeployVirtualMachine": Timing(seconds=180, retry_after=10),
        "agentStart": Timing(seconds=45),
        "settleVirtualMachine": Timing(seconds=900),
        "runCommand": Timing(seconds=20, retry_after=10),
        "detachedScript": Timing(seconds=0),
        "runCommandUnanswered": Timing(seconds=5400, retry_after=60),
        "triggerBackup": Timing(seconds=6, retry_after=5),
        "takeSnapshot": Timing(seconds=120, retry_after=30),
        "transferData": Timing(seconds=600, retry_after=30),
        "cancelJob": Timing(seconds=60, retry_after=10),
        "cleanUpRestorePoints": Timing(seconds=7200),
        "changeProtection": Timing(seconds=30, retry_after=10),
        "deleteProtection": Timing(seconds=60, retry_after=10),
        "writeNetwork": Timing(seconds=5, retry_after=5),
        "deleteNetwork": Timing(seconds=10, retry_after=10),
        "effectiveNetwork": Timing(seconds=10, retry_after=10),
        "snapshotAccess": Timing(seconds=5, retry_after=5),
    }
)
"""Seconds by operation name, each with how often to ask.

`deleteExtensionUnanswered` is how long a deletion hangs when no agent carries it out: 25 minutes in
recorded Azure traffic of 2023. `runCommandUnanswered` is the same for a script: 90 minutes, says
learn.microsoft.com/azure/virtual-machines/windows/run-command (2025-08-18). `cleanUpRestorePoints`
is how long after a backup met the limit the service cleans up by itself: some hours, says
learn.microsoft.com/azure/backup in
backup-azure-troubleshoot-vm-backup-fails-snapshot-timeout (2025-11-12).
`settleVirtualMachine` is when a change ends that a world began with; no source tells how long such
changes take. A real snapshot takes about 8 minutes and a transfer half an hour (recorded Azure
traffic, 2024); both are shorter here, so that a rehearsal against the server is short.
"""
