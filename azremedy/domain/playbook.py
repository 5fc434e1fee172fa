"""What a code means today and what to do about it: data, not code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from azremedy.domain.remedies import Remedy

WORDS = frozenset({"vm", "vm_name", "resource_group", "subscription", "location"})
"""The words in braces that instructions may use; each stands for something of the VM."""

_WORD = re.compile(r"\{([a-z][a-z_]*)\}")


class Place(StrEnum):
    """Where a person does something."""

    WINDOWS = "guest-windows"
    """In the VM, in PowerShell as administrator."""
    LINUX = "guest-linux"
    """In the VM, in a shell as root."""
    GUEST = "guest"
    """In the VM; the text tells apart what is for Windows and what for Linux."""
    AZURE_CLI = "azure-cli"
    """Anywhere with the Azure CLI."""
    PORTAL = "portal"
    """In the Azure portal."""
    SUPPORT = "support"
    """With Microsoft's support."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instructions:
    """What a person does, ready to be copied."""

    name: str
    """Stable name in kebab case, such as ``reinstall-agent-windows``."""
    title: str
    """One line, in the imperative."""
    place: Place
    """Where it is done."""
    lines: tuple[str, ...]
    """What to do, in order; ``{vm}``, ``{vm_name}``, ``{resource_group}``, ``{subscription}``,
    ``{location}`` stand for the VM's."""
    commands: tuple[str, ...] = ()
    """Commands for that place, in order, with the same words in braces."""
    source: str = ""
    """Where it comes from."""
    schema: Literal["azremedy.instructions/1"] = "azremedy.instructions/1"
    """The form of the file."""

    def fits_system(self, os_type: str) -> bool:
        """Say whether they are for this system; for one that is not known, all are."""
        other = {"windows": Place.LINUX, "linux": Place.WINDOWS}.get(os_type.lower())
        return self.place is not other


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybookCause:
    """One thing that may be behind a code."""

    cause: str
    """The rule that decides, such as ``agent-not-ready``."""
    remedies: tuple[Remedy, ...] = ()
    """Ways to mend it from outside, the gentlest first: one of them is enough."""
    instructions: tuple[str, ...] = ()
    """Names of instructions for when none of them may be used, or there is none."""
    note: str = ""
    """What is particular about it under this code."""


class Table(StrEnum):
    """Where a code is written down."""

    AGENT = "agent-or-extension"
    """The article on failures with the agent or extension, of 2018 and today."""
    VM = "vm"
    """The article on VM backup failures."""
    COMPUTE = "compute"
    """Compute's restore point errors, which the service wraps."""
    EXTENSION = "linux-extension"
    """What the snapshot extension itself reports in a Linux VM."""
    HEALTH = "health"
    """Seen in items' health, in jobs or in answers (recorded Azure traffic)."""


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
    table: Table
    """Where the code is written down."""
    source: str
    """Where the facts come from."""
    numbers: tuple[int, ...] = ()
    """Azure's integers for it, as far as they were ever seen."""
    aliases: tuple[str, ...] = ()
    """Other spellings that the service or its articles use."""
    envelope: bool = False
    """Whether it only wraps another code, which stands in the job's text."""
    formerly: str = ""
    """What was advised in 2018 and no longer holds."""
    causes: tuple[PlaybookCause, ...] = ()
    """What may be behind it, in the order in which to look."""
    remedies: tuple[Remedy, ...] = ()
    """Ways to mend what the code itself names, where no cause is left to be found."""
    instructions: tuple[str, ...] = ()
    """Names of instructions that belong to the code whatever the cause."""
    links: tuple[str, ...] = ()
    """Pages to read, without ``https://``."""

    def fits(self, code: str) -> bool:
        """Say whether the playbook is for this code or number, in any spelling, without case."""
        known = {name.lower() for name in (self.code, *self.aliases)}
        return code.lower() in known or code in {str(number) for number in self.numbers}


def find_words(text: str) -> tuple[str, ...]:
    """Find the words in braces in a text; shell and PowerShell code in braces is none."""
    return tuple(_WORD.findall(text))
