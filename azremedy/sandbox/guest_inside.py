"""Say what a script finds in a guest, and what it leaves behind.

The sandbox has no shell. It knows a handful of commands by their look, the ones by which the VM
agent and the backup extension are examined and mended, and passes over everything else in silence.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from azremedy.sandbox import guest_facts

if TYPE_CHECKING:
    from azremedy.sandbox.guest_model import Guest, ServiceState  # noqa: TC004 # Inside names it
    from azremedy.sandbox.http import Json  # noqa: TC004 # Inside only names it


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """A guest in the middle of a script."""

    vm: Json
    """The machine's document."""
    guest: Guest
    """Its hidden facts as the script has left them so far."""
    version: str
    """The VM agent that is installed."""
    restarted: bool = False
    """Whether the script restarted the agent."""
    detached: bool = False
    """Whether it left that to something that outlives it."""
    words: tuple[str, ...] = ()
    """What was printed so far."""
    complaints: tuple[str, ...] = ()
    """What was printed as errors so far."""
    well: bool = True
    """Whether the last command ended well."""
    ended: bool = False
    """Whether the script has said that it ends here."""
    variables: tuple[tuple[str, str], ...] = ()
    """What its variables hold, by name."""
    kept: tuple[tuple[str, ...], ...] = ()
    """Scripts that it carries and has not started yet."""
    started: tuple[tuple[str, ...], ...] = ()
    """Scripts that it has started and that outlive it."""


Command: TypeAlias = Callable[[Inside, str], Inside]
"""Carries out one command, given as the script wrote it."""


def say(inside: Inside, words: str) -> Inside:
    """Let a command print, and end well."""
    printed = (*inside.words, words) if words else inside.words
    return replace(inside, words=printed, well=True)


def complain(inside: Inside, words: str) -> Inside:
    """Let a command print an error, and fail."""
    return replace(inside, complaints=(*inside.complaints, words), well=False)


def know(inside: Inside, guest: Guest) -> Inside:
    """Let a command change the facts, and end well."""
    return replace(inside, guest=guest, well=True)


def state_of(inside: Inside, name: str) -> str:
    """Give the state of a service."""
    return guest_facts.service(inside.guest, inside.vm, name)


def set_service(inside: Inside, name: str, state: ServiceState) -> Inside:
    """Change the state of a service of the agent."""
    spelled = {each.lower(): each for each in guest_facts.agent_services(inside.vm)}
    known = spelled.get(name.lower(), name)
    services = {**inside.guest.services, known: state}
    return know(inside, replace(inside.guest, services=services))


def named(inside: Inside, command: str) -> list[str]:
    """Give the agent's services that a command names, all of them when it names none."""
    own = guest_facts.agent_services(inside.vm)
    words = {word.lower().removesuffix(".service") for word in re.findall(r"[\w.]+", command)}
    return [each for each in own if each.lower() in words] or list(own)


def first_fit(
    commands: tuple[tuple[str, Command], ...], inside: Inside, command: str
) -> Inside | None:
    """Carry out the first known command of which the look fits; None when none does."""
    for look, carry_out in commands:
        if re.search(look, command, re.IGNORECASE):
            return carry_out(inside, command)
    return None
