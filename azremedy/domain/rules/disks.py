"""Are the disks such that Azure Backup takes them?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azremedy.domain.rules.base import Rule

RULES: tuple[Rule, ...] = ()
