"""What a code means today and what to do about it: data, not code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Playbook:
    """One error code of Azure Backup."""

    schema: Literal["azremedy.playbook/1"]
    """The form of the file."""
    code: str
    """The code as the service spells it."""
    title: str
    """One line."""
    meaning: str
    """What it means today, in plain words."""
    next: tuple[str, ...]
    """Commands to run, in order; ``{vm}`` stands for the VM's id."""
    source: str
    """Where the facts come from."""
    aliases: tuple[str, ...] = ()
    """Other spellings that the service used."""

    def fits(self, code: str) -> bool:
        """Say whether the playbook is for this code, in any of its spellings, without case."""
        return code.lower() in {known.lower() for known in (self.code, *self.aliases)}
