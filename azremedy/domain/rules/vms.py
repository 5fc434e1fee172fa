"""Is the VM itself in a state that can be backed up?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azremedy.domain.rules.base import Rule

RULES: tuple[Rule, ...] = ()
