"""What a command wants to know about a VM."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """Which lists a command needs about a VM, beyond the VM itself and its protected items."""

    collections: bool = False
    """Locks, groups, policies' names, collections with points, recovery points."""
    locks: bool = False
    """Locks only."""
    extensions: bool = False
    """The VM's extensions in ARM's list."""
