"""Read what Run Command answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azremedy.gateways.wire_json import sections, text

if TYPE_CHECKING:
    from azremedy.gateways.wire_json import Json

_STDOUT = "[stdout]\n"
_STDERR = "\n[stderr]"
_ERRORS = "componentstatus/stderr/"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptOutput:
    """What a script printed: the last 4,096 bytes are all that Azure keeps of each stream.

    Source: learn.microsoft.com/azure/virtual-machines/windows/run-command (2025-08-18).
    """

    stdout: str
    """What it printed."""
    stderr: str
    """What it printed as errors."""


def parse_script_output(document: Json) -> ScriptOutput:
    """Read the result: Windows gives a status for each stream, Linux one text with both.

    Source: recorded Azure traffic, 2018-2024.
    """
    statuses = sections(document, "value")
    if len(statuses) != 1:
        errors = [each for each in statuses if text(each, "code").lower().startswith(_ERRORS)]
        printed = [each for each in statuses if each not in errors]
        return ScriptOutput(stdout=_join(printed), stderr=_join(errors))
    return _split(text(statuses[0], "message"))


def _split(message: str) -> ScriptOutput:
    _, found, rest = message.partition(_STDOUT)
    if not found:
        return ScriptOutput(stdout=message.strip(), stderr="")
    stdout, _, stderr = rest.rpartition(_STDERR) if _STDERR in rest else (rest, "", "")
    return ScriptOutput(stdout=stdout.strip(), stderr=stderr.strip())


def _join(statuses: list[Json]) -> str:
    return "\n".join(text(each, "message") for each in statuses).strip()
