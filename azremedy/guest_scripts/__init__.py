"""The texts of the scripts that azremedy runs inside VMs, as they are sent.

Each ends by printing ``DONE``: what does not print that did not reach its end.
"""

from __future__ import annotations

from importlib.resources import files

from azremedy.domain.guest_scripts import GuestScript, System, check_arguments

DONE = "azremedy=done"
"""The last line of every script that did what it is for."""

_ARGUMENT = "@ARGUMENT@"
_SUFFIXES = {System.LINUX: "sh", System.WINDOWS: "ps1"}


def load_script(
    script: GuestScript, system: System, arguments: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Give a script's lines with its arguments put in.

    Raises:
        UsageError: the arguments are not exactly what the script takes.
    """
    check_arguments(script, arguments)
    name = f"{script.name}.{_SUFFIXES[system]}"
    text = files(__name__).joinpath(system.value, name).read_text(encoding="utf-8")
    for argument in arguments:
        text = text.replace(_ARGUMENT, argument)
    return tuple(text.splitlines())
