"""Run a script of Run Command in a guest that does not exist.

Statements are taken one by one. `echo`, `printf`, `Write-Output` and `Write-Host` print their text,
in which `$(...)` stands for what the command in it prints. `&&`, `||` and the shell's
`if ...; then ... else ... fi` go by whether a command ended well; one that is not known here always
does. Loops, variables and the blocks of PowerShell are passed over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from azremedy.sandbox import guest_boot, guest_facts, guest_linux, guest_windows, vm_state
from azremedy.sandbox.guest_inside import Inside, first_fit, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from azremedy.sandbox.http import Json
    from azremedy.sandbox.world import World

OUTPUT_LIMIT = 4096
"""How many of the last characters of an output Run Command keeps.

Source: learn.microsoft.com/azure/virtual-machines/windows/run-command (2025-08-18).
"""
_ECHO = re.compile(r"(?:echo|printf|Write-Output|Write-Host)\s+(.*)", re.IGNORECASE)
_SEPARATORS = re.compile(r"\s*(?:;|\bthen\b|\bdo\b)\s*|(?<=\belse)\s+")
_LINKS = re.compile(r"\s*(&&|\|\|)\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a script did."""

    inside: Inside
    """The guest as it left it."""
    stdout: str
    """What it printed."""
    stderr: str
    """What it printed as errors."""

    @property
    def cut_off(self) -> bool:
        """Tell whether the script took down the agent that was to report its end."""
        return self.inside.restarted and not self.inside.detached


def run(world: World, vm: Json, script: Sequence[str]) -> Ran:
    """Run a script, without any effect on the world."""
    inside = Inside(
        vm=vm,
        guest=guest_facts.of(world, vm["id"]),
        version=guest_facts.agent_version(world, vm),
    )
    branches: tuple[bool, ...] = ()
    for statement in _statements(script):
        word, _, condition = statement.partition(" ")
        if word == "if" and all(branches):
            inside = _carry_out(inside, condition)
            branches = (*branches, inside.well)
        elif word == "if":
            branches = (*branches, False)
        elif word == "else":
            branches = (*branches[:-1], not branches[-1]) if branches else ()
        elif word == "fi":
            branches = branches[:-1]
        elif all(branches):
            inside = _carry_out(inside, statement)
    stdout, stderr = ("\n".join(each)[-OUTPUT_LIMIT:] for each in (inside.words, inside.complaints))
    return Ran(inside=inside, stdout=stdout, stderr=stderr)


def leave(world: World, ran: Ran) -> None:
    """Let what a script did be true; an agent that it restarted reports a while later."""
    inside, vm_id = ran.inside, ran.inside.vm["id"]
    facts = {name: getattr(inside.guest, name) for name in ("services", "conf", "dhcp")}
    more = ("visual_c", "blocker", "leftovers")
    facts.update({name: getattr(inside.guest, name) for name in more})
    known = "" if inside.version == "Unknown" else inside.version
    guest_facts.change(world, vm_id, agent_version=known, **facts)
    vm = world.documents.get(vm_id)
    if vm and inside.restarted:
        guest_boot.start_agent(world, vm)
        world.documents.put(vm)


def _statements(script: Sequence[str]) -> list[str]:
    lines = [line.strip() for text in script for line in text.splitlines()]
    return [
        statement
        for line in lines
        if line and not line.startswith("#")
        for statement in (_SEPARATORS.split(line) if not _quoted(line) else [line])
        if statement
    ]


def _quoted(line: str) -> bool:
    """Tell whether a line is one command whose separators stand in quotes, such as a `sh -c`."""
    return bool(re.search(r"['\"][^'\"]*(;|&&)[^'\"]*['\"]", line))


def _carry_out(inside: Inside, statement: str) -> Inside:
    """Carry out commands that `&&` and `||` tie together."""
    pieces = [statement] if _quoted(statement) else _LINKS.split(statement)
    inside = _single(inside, pieces[0])
    for link, command in zip(pieces[1::2], pieces[2::2], strict=True):
        if inside.well == (link == "&&"):
            inside = _single(inside, command)
    return inside


def _single(inside: Inside, command: str) -> Inside:
    spoken = _ECHO.match(command)
    if spoken and ">" not in command:
        return _speak(inside, spoken[1])
    system = guest_windows if vm_state.os_type(inside.vm) == "windows" else guest_linux
    done = first_fit(system.COMMANDS, replace(inside, well=True), command)
    if done and re.search(system.DETACHED, command, re.IGNORECASE):
        return replace(done, detached=True)
    return done or replace(inside, well=True)


def _speak(inside: Inside, text: str) -> Inside:
    """Print a text; what its nested commands change or complain of is kept."""
    plain = text.strip().strip("'\"")
    while span := _nested(plain):
        start, end, command = span
        done = _carry_out(replace(inside, words=()), command)
        plain = plain[:start] + "\n".join(done.words).strip() + plain[end:]
        inside = replace(done, words=inside.words)
    return say(inside, plain)


def _nested(text: str) -> tuple[int, int, str] | None:
    """Find the first `$(...)` or pair of backticks: where it begins and ends, and its command."""
    ticks = re.search(r"`([^`]*)`", text)
    start = text.find("$(")
    if start < 0:
        return (ticks.start(), ticks.end(), ticks[1].strip()) if ticks else None
    depth = 0
    for place in range(start + 1, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return start, place + 1, text[start + 2 : place].strip()
    return None
