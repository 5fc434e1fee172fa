"""Lay a scenario over another one: a broken world is a healthy one and what is wrong with it.

A file that says `extends` gives only what is different:

    extends: healthy          # a scenario's name, or a path from this file's folder
    remove:                   # ids, each with all that lies beneath it
      - /subscriptions/…/locks/keep
    change:                   # by id: each entry is a merge patch, in which null takes away
      - id: /subscriptions/…/virtualMachines/web-1
        properties: {provisioningState: Failed}
    resources: […]            # further documents
    guest: {…}                # merged like a patch, as all other mappings are

`faults`, `policies` and `unregistered` come on top of those of the scenario beneath; every other
list takes the place of the other. First is removed, then changed, then added.
Source of merge patches: RFC 7386.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from azremedy.sandbox import arm_ids, scenario_files, yaml_lines
from azremedy.sandbox.scenario_model import ScenarioError
from azremedy.sandbox.yaml_lines import Lined

if TYPE_CHECKING:
    from azremedy.sandbox.http import Json
    from azremedy.sandbox.scenario_files import Source

KEYS = ("extends", "remove", "change")
"""The keys that only a file has that extends another."""
_ADDED = ("resources", "policies", "faults", "unregistered")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layered:
    """What files say together, with the places of the topmost one."""

    value: Any
    """The whole document, without the keys of layers."""
    document: Lined
    """The topmost file."""
    beneath: Mapping[str, int] = field(default_factory=dict)
    """Of each list that is added to, how many entries come from beneath."""
    changed: Mapping[int, int] = field(default_factory=dict)
    """Which entry of `change` was the last about a resource, by the resource's place."""

    def spot(self, place: tuple[Any, ...]) -> tuple[Any, ...]:
        """Give the place in the topmost file of what stands at a place of the whole document."""
        if len(place) < 2 or not isinstance(place[1], int):  # noqa: PLR2004 # list and number
            return place
        key, number, *rest = place
        own = number - self.beneath.get(key, 0)
        if own >= 0:
            return (key, own, *rest)
        if key == "resources" and number in self.changed:
            return ("change", self.changed[number], *rest)
        return ("extends",)

    def error(self, message: str, place: tuple[Any, ...]) -> ScenarioError:
        """Make an error that tells the line of a place of the topmost file."""
        line = self.document.line(place)
        return ScenarioError(message, file=self.document.file, line=line)


def gather(name_or_path: str) -> tuple[Source, ...]:
    """Read a scenario's text and those of all that it extends; the one beneath all comes first.

    Raises:
        ScenarioError: when one cannot be found or read, or extends itself.
    """
    source = scenario_files.read(name_or_path, folder=Path())
    found = [source]
    while beneath := _beneath(source):
        found.insert(0, beneath)
        if beneath in found[1:]:
            raise _own(source).error("extends: the scenario extends itself", ("extends",))
        source = beneath
    return tuple(found)


def lay(sources: tuple[Source, ...]) -> Layered:
    """Give what files say together.

    Raises:
        ScenarioError: when one is no YAML, or changes or removes what is not there.
    """
    top = _own(sources[-1])
    if not isinstance(top.value, dict):
        return top
    if len(sources) == 1:
        stray = next((key for key in KEYS if key in top.value), None)
        if stray:
            raise top.error(f"{stray}: there is nothing beneath; say extends", (stray,))
        return top
    return _over(lay(sources[:-1]), top)


def patched(target: Any, patch: Any) -> Any:
    """Give a value with a merge patch applied. Source: RFC 7386."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = patched(result.get(key), value)
    return result


def _beneath(source: Source) -> Source | None:
    """Read what a file extends, if anything."""
    layer = _own(source)
    name = layer.value.get("extends") if isinstance(layer.value, dict) else None
    if name is None:
        return None
    if not isinstance(name, str):
        raise layer.error("extends: this is the name or the path of a scenario", ("extends",))
    try:
        return scenario_files.read(name, folder=Path(source.file).parent)
    except ScenarioError as error:
        raise layer.error(f"extends: {error.message}", ("extends",)) from error


def _own(source: Source) -> Layered:
    document = _read(source)
    return Layered(value=document.value, document=document)


@lru_cache(maxsize=16)
def _read(source: Source) -> Lined:
    """Read one text; the last few are kept, since YAML takes its time."""
    return yaml_lines.read(source.text, source.file)


def _over(base: Layered, top: Layered) -> Layered:
    own = {key: each for key, each in top.value.items() if key not in (*KEYS, *_ADDED)}
    value = patched({key: each for key, each in base.value.items() if key not in _ADDED}, own)
    resources, changed = _changed(top, _kept(top, _list(base, "resources")))
    lists = {key: _list(base, key) for key in _ADDED} | {"resources": resources}
    for key in _ADDED:
        if key in base.value or key in top.value:
            value[key] = [*lists[key], *_list(top, key)]
    return Layered(
        value=value,
        document=top.document,
        beneath={key: len(each) for key, each in lists.items()},
        changed=changed,
    )


def _list(layer: Layered, key: str) -> list[Json]:
    found = layer.value.get(key)
    if found is None:
        return []
    if not isinstance(found, list):
        raise layer.error(f"{key}: this is a list", (key,))
    return found


def _kept(top: Layered, resources: list[Json]) -> list[Json]:
    """Take away what the layer removes."""
    for number, scope in enumerate(_list(top, "remove")):
        left = [each for each in resources if not _within(each, scope)]
        if len(left) == len(resources):
            raise _unknown(top, scope, resources, place=("remove", number))
        resources = left
    return resources


def _changed(top: Layered, resources: list[Json]) -> tuple[list[Json], dict[int, int]]:
    """Apply the layer's patches; also gives which resource was changed by which."""
    fresh, changed = list(resources), {}
    places = {arm_ids.key(str(each["id"])): place for place, each in enumerate(resources)}
    for number, patch in enumerate(_list(top, "change")):
        wanted = patch.get("id") if isinstance(patch, dict) else None
        place = places.get(arm_ids.key(str(wanted)))
        if place is None:
            raise _unknown(top, wanted, resources, place=("change", number))
        fresh[place] = {**patched(fresh[place], patch), "id": fresh[place]["id"]}
        changed[place] = number
    return fresh, changed


def _within(resource: Json, scope: object) -> bool:
    return isinstance(scope, str) and arm_ids.within(str(resource["id"]), scope)


def _unknown(
    top: Layered, wanted: object, resources: list[Json], *, place: tuple[str, int]
) -> ScenarioError:
    ids = [str(each["id"]) for each in resources]
    near = difflib.get_close_matches(str(wanted), ids, n=1, cutoff=0.9)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    where = f"{place[0]}.{place[1]}"
    return top.error(f"{where}: nothing beneath has the id '{wanted}'{hint}", place)
