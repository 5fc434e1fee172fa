"""Turn instructions into steps that a person can copy."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from azremedy.domain.planner.assemble import Draft
from azremedy.domain.resources import VirtualMachine
from azremedy.domain.steps import Manual

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from azremedy.domain.playbook import Instructions
    from azremedy.ids import ResourceId


def draft_by_hand(
    names: Iterable[str],
    known: Mapping[str, Instructions],
    *,
    vm: VirtualMachine | ResourceId,
    reason: str,
) -> tuple[Draft, ...]:
    """Draft what a person does, with the VM's own names in it.

    What is for another system is left out, and so is a name that nobody knows.

    Args:
        names: the instructions' names.
        known: all instructions, by name.
        vm: the VM; its id where it could not be seen.
        reason: why it is asked for.
    """
    vm_id, location, system = _tell(vm)
    found = (known[name] for name in names if name in known and known[name].fits_system(system))
    return tuple(
        Draft(step=Manual(vm_id=vm_id, instructions=fill(each, vm_id, location)), reason=reason)
        for each in found
    )


def _tell(vm: VirtualMachine | ResourceId) -> tuple[ResourceId, str, str]:
    if isinstance(vm, VirtualMachine):
        return vm.id, vm.location, vm.os_type
    return vm, "", ""


def fill(instructions: Instructions, vm_id: ResourceId, location: str) -> Instructions:
    """Put the VM's names where the words in braces stand."""
    words = {
        "vm": str(vm_id),
        "vm_name": vm_id.name,
        "resource_group": vm_id.resource_group,
        "subscription": vm_id.subscription_id,
        "location": location,
    }
    return replace(
        instructions,
        lines=tuple(_fill(line, words) for line in instructions.lines),
        commands=tuple(_fill(line, words) for line in instructions.commands),
    )


def _fill(text: str, words: dict[str, str]) -> str:
    # Not str.format: scripts have braces of their own.
    for word, value in words.items():
        text = text.replace(f"{{{word}}}", value)
    return text
