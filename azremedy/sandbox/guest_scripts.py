"""Run a script of Run Command in a guest that does not exist.

Statements are taken one by one. `echo`, `printf`, `Write-Output` and `Write-Host` print their text,
in which `$(...)` stands for what the command in it prints. `&&`, `||`, `exit` and the shell's
`if ...; then ... else ... fi` go by whether a command ended well; one that is not known here always
does. A variable holds what the command prints that it is set to. A here-document or here-string is
a script of its own, which a command starts so that it outlives the first one. Loops
and the blocks of PowerShell are passed over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from azremedy.sandbox import guest_boot, guest_facts, guest_linux, guest_windows, vm_state
from azremedy.sandbox.guest_inside import Inside, first_fit, say
from azremedy.sandbox.guest_statements import is_quoted, parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from azremedy.sandbox.http import Json
    from azremedy.sandbox.world import World

OUTPUT_LIMIT = 4096
"""How many of the last characters of an output Run Command keeps.

Source: learn.microsoft.com/azure/virtual-machines/windows/run-command (2025-08-18).
"""
_ECHO = re.compile(r"(?:echo|printf|Write-Output|Write-Host)\s+(.*)", re.IGNORECASE)
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_LINKS = re.compile(r"\s*(&&|\|\|)\s*")
_ASSIGNED = re.compile(r"\$?(?P<name>[A-Za-z_]\w*)\s*=\s*(?P<command>\$\(.*\)|\(.*|Get-.*)$")
"""The look of a variable that is set to what a command prints."""
_SET = re.compile(r"(?P<name>[a-z_]\w*)=(?P<value>[\w.-]*)$")
"""The look of a shell's variable that is set to a word."""
_JOINED = re.compile(r"-join '([^']*)'")


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
    inside = _run(_enter(world, vm), script)
    stdout, stderr = ("\n".join(each)[-OUTPUT_LIMIT:] for each in (inside.words, inside.complaints))
    return Ran(inside=inside, stdout=stdout, stderr=stderr)


def _enter(world: World, vm: Json) -> Inside:
    return Inside(
        vm=vm,
        guest=guest_facts.of(world, vm["id"]),
        version=guest_facts.agent_version(world, vm),
    )


def _run(inside: Inside, script: Sequence[str]) -> Inside:
    """Carry out a script's statements until one ends it."""
    branches: tuple[bool, ...] = ()
    for statement in parse(script):
        word, _, rest = statement.text.partition(" ")
        if word in {"if", "else", "fi"}:
            inside, branches = _turn(inside, branches, word, rest)
        elif statement.body and all(branches):
            inside = replace(inside, kept=(*inside.kept, statement.body))
        elif all(branches):
            inside = _carry_out(inside, statement.text)
        if inside.ended:
            break
    return inside


def _turn(
    inside: Inside, branches: tuple[bool, ...], word: str, condition: str
) -> tuple[Inside, tuple[bool, ...]]:
    """Enter, change or leave a branch."""
    if word == "if" and all(branches):
        inside = _carry_out(inside, condition)
        return inside, (*branches, inside.well)
    if word == "if":
        return inside, (*branches, False)
    if word == "else" and branches:
        return inside, (*branches[:-1], not branches[-1])
    return inside, branches[:-1]


def _start_kept(inside: Inside) -> Inside:
    """Start the kept texts on their own; they run when the script is over."""
    started = (*inside.started, *inside.kept)
    return replace(inside, kept=(), started=started, detached=True, well=True)


def leave(world: World, ran: Ran) -> None:
    """Let what a script did be true; an agent that it restarted reports a while later.

    What it started goes on for as long as the scenario's `detachedScript` says.
    """
    _apply(world, ran.inside)
    seconds, vm_id = world.timing("detachedScript").seconds, ran.inside.vm["id"]
    for body in ran.inside.started:
        if seconds:
            world.clock.schedule(seconds, partial(_go_on, world, vm_id, body))
        else:
            _go_on(world, vm_id, body)


def _go_on(world: World, vm_id: str, body: Sequence[str]) -> None:
    """Carry out what a script started, all at once; nobody reads what it prints."""
    vm = world.documents.get(vm_id)
    if vm and vm_state.power(vm) == "running":
        _apply(world, _run(_enter(world, vm), body))


def _apply(world: World, inside: Inside) -> None:
    vm_id = inside.vm["id"]
    names = ("services", "conf", "dhcp", "visual_c", "blocker", "leftovers", "files")
    facts = {name: getattr(inside.guest, name) for name in names}
    known = "" if inside.version == "Unknown" else inside.version
    guest_facts.change(world, vm_id, agent_version=known, **facts)
    vm = world.documents.get(vm_id)
    if vm and inside.restarted:
        guest_boot.start_agent(world, vm)
        world.documents.put(vm)


def _carry_out(inside: Inside, statement: str) -> Inside:
    """Carry out commands that `&&` and `||` tie together."""
    pieces = [statement] if is_quoted(statement) else _LINKS.split(statement)
    inside = _single(inside, pieces[0])
    for link, command in zip(pieces[1::2], pieces[2::2], strict=True):
        if inside.well == (link == "&&"):
            inside = _single(inside, command)
    return inside


def _single(inside: Inside, command: str) -> Inside:
    command = _fill(inside, command)
    if re.match(r"exit\b", command):
        return replace(inside, ended=True)
    if assigned := _ASSIGNED.match(command):
        return _assign(inside, assigned["name"], assigned["command"])
    if plain := _SET.match(command):
        return _keep(inside, plain["name"], plain["value"])
    spoken = _ECHO.match(command)
    if spoken and ">" not in _QUOTED.sub("", command):
        return _speak(inside, spoken[1])
    system = guest_windows if vm_state.os_type(inside.vm) == "windows" else guest_linux
    done = first_fit(system.COMMANDS, replace(inside, well=True), command)
    outlives = re.search(system.DETACHED, command, re.IGNORECASE)
    if outlives and inside.kept:
        return _start_kept(inside)
    if done and outlives:
        return replace(done, detached=True)
    return done or replace(inside, well=True)


def _fill(inside: Inside, command: str) -> str:
    """Put in what the variables hold."""
    for name, value in inside.variables:
        command = value.join(re.split(rf"\$\{{?{name}\b\}}?", command))
    return command


def _assign(inside: Inside, name: str, command: str) -> Inside:
    plain = command[2:-1] if command.startswith("$(") else command
    done = _carry_out(replace(inside, words=()), plain)
    return _keep(replace(done, words=inside.words), name, "\n".join(done.words))


def _keep(inside: Inside, name: str, value: str) -> Inside:
    others = tuple(each for each in inside.variables if each[0] != name)
    return replace(inside, variables=(*others, (name, value)), well=True)


def _speak(inside: Inside, text: str) -> Inside:
    """Print a text; what its nested commands change or complain of is kept."""
    plain = text.strip().strip("'\"")
    while span := _nested(plain):
        start, end, command = span
        done = _carry_out(replace(inside, words=()), command)
        joined = _JOINED.search(command)
        printed = "\n".join(done.words).strip()
        printed = printed.replace("\n", joined[1]) if joined else printed
        plain = plain[:start] + printed + plain[end:]
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
