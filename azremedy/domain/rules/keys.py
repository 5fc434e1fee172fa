"""May the backup service read the keys of an encrypted VM?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azremedy.domain.rules.base import Rule

RULES: tuple[Rule, ...] = ()
