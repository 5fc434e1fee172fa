"""Read scenarios: by name from those that come with the sandbox, or from a YAML or JSON file."""

from __future__ import annotations

import copy
import difflib
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from azremedy.sandbox import arm_ids, yaml_lines
from azremedy.sandbox.guest_model import Guest
from azremedy.sandbox.scenario_model import (
    Backup,
    Drip,
    Expect,
    Failure,
    Fault,
    FaultAnswer,
    Grant,
    Latency,
    Limits,
    Match,
    OperationFault,
    Policy,
    Scenario,
    ScenarioError,
    Timing,
)

__all__ = [
    "Backup",
    "Drip",
    "Expect",
    "Failure",
    "Fault",
    "FaultAnswer",
    "Grant",
    "Guest",
    "Latency",
    "Limits",
    "Match",
    "OperationFault",
    "Policy",
    "Scenario",
    "ScenarioError",
    "Timing",
    "hidden_facts",
    "load",
    "names",
]

_BUILT_IN = Path(__file__).parent / "scenarios"
_FILE_SUFFIXES = {".yaml", ".yml", ".json"}
_TYPES = {
    "caller": Grant,
    "backup": Backup,
    "guest": Guest,
    "operations": Timing,
    "latency": Latency,
    "limits": Limits,
    "policies": Policy,
    "faults": Fault,
    "match": Match,
    "answer": FaultAnswer,
    "drip": Drip,
    "operation": OperationFault,
    "fails": Failure,
    "expect": Expect,
}


def names() -> tuple[str, ...]:
    """Name the scenarios that come with the sandbox."""
    return tuple(sorted(path.stem for path in _BUILT_IN.glob("*.yaml")))


def load(name_or_path: str | Path) -> Scenario:
    """Read a scenario by its built-in name or from a file.

    Raises:
        ScenarioError: with file and line, when there is no such scenario or it holds something
            unknown.
    """
    path = _locate(str(name_or_path))
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"the file cannot be read: {error}", file=str(path)) from error
    scenario = _parsed(text, str(path))
    return replace(scenario, resources=copy.deepcopy(scenario.resources))


@lru_cache(maxsize=8)
def _parsed(text: str, file: str) -> Scenario:
    """Read a scenario's text; the last few are kept, since YAML takes its time."""
    document = yaml_lines.read(text, file)
    try:
        scenario = TypeAdapter(Scenario).validate_python(document.value)
    except ValidationError as error:
        raise _explained(error, document) from error
    _check_resources(scenario, document)
    return scenario


def hidden_facts(scenario: Scenario) -> dict[str, Any]:
    """Write what a scenario knows of the inside of machines, as its file says it; empty if none."""
    if not scenario.guest:
        return {}
    kind = TypeAdapter(dict[str, Guest])
    facts = dict(scenario.guest)
    return {"guest": kind.dump_python(facts, mode="json", by_alias=True, exclude_defaults=True)}


def _locate(name: str) -> Path:
    if Path(name).suffix.lower() in _FILE_SUFFIXES or "/" in name:
        return Path(name)
    path = _BUILT_IN / f"{name}.yaml"
    if not path.is_file():
        near = difflib.get_close_matches(name, names(), n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"there are: {', '.join(names())}"
        raise ScenarioError(f"no scenario is called '{name}'; {hint}", file=name)
    return path


def _explained(error: ValidationError, document: yaml_lines.Lined) -> ScenarioError:
    """Say the first thing that is wrong, where, and what was probably meant.

    A key that is unknown comes first: it is why another one is missing.
    """
    errors = error.errors(include_url=False)
    first = min(errors, key=lambda each: each["type"] != "unexpected_keyword_argument")
    spot = tuple(first["loc"])
    place = ".".join(str(part) for part in spot) or "the document"
    message = f"{place}: {first['msg']}"
    if first["type"] == "unexpected_keyword_argument":
        message = f"{place}: unknown key{_suggestion(spot)}"
    elif first["type"] == "missing":
        message = f"{place}: this key is required"
    return ScenarioError(message, file=document.file, line=document.line(spot))


def _suggestion(spot: tuple[Any, ...]) -> str:
    owner = next((_TYPES[part] for part in reversed(spot[:-1]) if part in _TYPES), Scenario)
    known = TypeAdapter(owner).json_schema()
    near = difflib.get_close_matches(str(spot[-1]), known.get("properties", {}), n=1, cutoff=0.5)
    return f"; did you mean '{near[0]}'?" if near else ""


def _check_resources(scenario: Scenario, document: yaml_lines.Lined) -> None:
    seen: dict[str, int] = {}
    for number, resource in enumerate(scenario.resources):
        trouble = _trouble(resource, seen)
        if trouble:
            line = document.line(("resources", number))
            raise ScenarioError(f"resources.{number}: {trouble}", file=document.file, line=line)
        seen[arm_ids.key(resource["id"])] = number


def _trouble(resource: dict[str, Any], seen: dict[str, int]) -> str:
    resource_id = resource.get("id")
    if not isinstance(resource_id, str):
        return "every resource needs its full id"
    try:
        parsed = arm_ids.parse(resource_id)
    except ValueError as error:
        return str(error)
    if parsed.key in seen:
        return f"'{resource_id}' was already given as resources.{seen[parsed.key]}"
    kind = resource.get("type", parsed.type)
    if str(kind).lower() != parsed.type.lower():
        return f"type '{kind}' does not follow from the id, which says '{parsed.type}'"
    return ""
