"""All rules, in the order in which causes are looked at and mended.

What everything else rests on comes first: the VM, its agent, its extensions; the network comes last
and is advisory, because Azure Backup of VMs needs no way to the internet today.
Source: learn.microsoft.com/azure/backup/private-endpoints-overview (2025-09-09).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain.rules import (
    agents,
    backups,
    disks,
    extensions,
    guests,
    keys,
    network,
    points,
    vms,
)

if TYPE_CHECKING:
    from azremedy.domain.rules.base import Rule

RULES: tuple[Rule, ...] = (
    *backups.RULES,
    *vms.RULES,
    *agents.RULES,
    *guests.RULES,
    *extensions.RULES,
    *disks.RULES,
    *keys.RULES,
    *points.RULES,
    *network.RULES,
)
"""Every rule, each cause once."""
