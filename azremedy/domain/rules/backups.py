"""Does the backup service itself stand in the way: jobs, paused protection, a VM that is gone?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azremedy.domain.rules.base import Rule

RULES: tuple[Rule, ...] = ()
