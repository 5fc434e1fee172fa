"""Read scenarios: by name from those that come with the sandbox, or from a YAML or JSON file.

What a file may say stands in `scenario_model.Scenario`; a file may also say only what is different
from another scenario, which is told in `scenario_layers`.
"""

from __future__ import annotations

import copy
import difflib
from dataclasses import replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from azremedy.sandbox import arm_ids, scenario_layers
from azremedy.sandbox.guest_model import Guest
from azremedy.sandbox.scenario_files import names
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

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.sandbox.scenario_files import Source
    from azremedy.sandbox.scenario_layers import Layered

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


def load(name_or_path: str | Path) -> Scenario:
    """Read a scenario by its built-in name or from a file, with all that it extends.

    Raises:
        ScenarioError: with file and line, when there is no such scenario or it holds something
            unknown.
    """
    scenario = _built(scenario_layers.gather(str(name_or_path)))
    return replace(scenario, resources=copy.deepcopy(scenario.resources))


@lru_cache(maxsize=16)
def _built(sources: tuple[Source, ...]) -> Scenario:
    """Make a scenario of its texts, once each one beneath is known to be sound."""
    if len(sources) > 1:
        _built(sources[:-1])
    layered = scenario_layers.lay(sources)
    try:
        scenario = _reader().validate_python(layered.value)
    except ValidationError as error:
        raise _explained(error, layered) from error
    _check_resources(scenario, layered)
    return scenario


@cache
def _reader() -> TypeAdapter[Scenario]:
    return TypeAdapter(Scenario)


def hidden_facts(scenario: Scenario) -> dict[str, Any]:
    """Write what a scenario knows of the inside of machines, as its file says it; empty if none."""
    if not scenario.guest:
        return {}
    kind = TypeAdapter(dict[str, Guest])
    facts = dict(scenario.guest)
    return {"guest": kind.dump_python(facts, mode="json", by_alias=True, exclude_defaults=True)}


def _explained(error: ValidationError, layered: Layered) -> ScenarioError:
    """Say the first thing that is wrong, where, and what was probably meant.

    A key that is unknown comes first: it is why another one is missing.
    """
    errors = error.errors(include_url=False)
    first = min(errors, key=lambda each: each["type"] != "unexpected_keyword_argument")
    spot = layered.spot(tuple(first["loc"]))
    place = ".".join(str(part) for part in spot) or "the document"
    message = f"{place}: {first['msg']}"
    if first["type"] == "unexpected_keyword_argument":
        message = f"{place}: unknown key{_suggestion(spot)}"
    elif first["type"] == "missing":
        message = f"{place}: this key is required"
    return layered.error(message, spot)


def _suggestion(spot: tuple[Any, ...]) -> str:
    owner = next((_TYPES[part] for part in reversed(spot[:-1]) if part in _TYPES), Scenario)
    known = [*TypeAdapter(owner).json_schema().get("properties", {})]
    known += scenario_layers.KEYS if owner is Scenario else ()
    near = difflib.get_close_matches(str(spot[-1]), known, n=1, cutoff=0.5)
    return f"; did you mean '{near[0]}'?" if near else ""


def _check_resources(scenario: Scenario, layered: Layered) -> None:
    seen: dict[str, int] = {}
    for number, resource in enumerate(scenario.resources):
        trouble = _trouble(resource, seen)
        if trouble:
            spot = layered.spot(("resources", number))
            place = ".".join(str(part) for part in spot)
            raise layered.error(f"{place}: {trouble}", spot)
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
