"""Read YAML and JSON into plain values that still know their lines."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from azremedy.sandbox.scenario_model import ScenarioError


@dataclass(frozen=True, slots=True, kw_only=True)
class Lined:
    """A document with its places."""

    file: str
    """Where it was read from."""
    text: str
    """What was read."""
    value: Any
    """Plain dicts, lists, strings, numbers, booleans and None."""

    def line(self, spot: tuple[Any, ...]) -> int | None:
        """Give the line, counted from 1, of the deepest part of `spot` that exists.

        The text is parsed once more for this: lines are asked for only when something is wrong.
        """
        node, found = _tree(self.text, self.file), 1
        for part in spot:
            here = _line_of(node, part)
            if here is None:
                break
            node, found = node[part], here + 1
        return found


def read(text: str, file: str) -> Lined:
    """Parse a document.

    Times stay the texts that were written: ARM documents hold texts.

    Raises:
        ScenarioError: when the text is neither YAML nor JSON.
    """
    try:
        # Nearly every JSON text is YAML as well, but this reads it a hundred times faster.
        value = json.loads(text)
    except ValueError:
        value = _plain(_tree(text, file))
    return Lined(file=file, text=text, value=value)


def _tree(text: str, file: str) -> Any:
    yaml = YAML(typ="rt")
    yaml.Constructor = _Constructor
    try:
        return yaml.load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark else None
        raise ScenarioError(f"{error.problem}", file=file, line=line) from error
    except YAMLError as error:
        raise ScenarioError(f"{error}", file=file) from error


class _Constructor(RoundTripConstructor):
    """Leaves times alone; a class because ruamel takes its constructors so."""


def _as_written(constructor: RoundTripConstructor, node: Any) -> Any:
    return constructor.construct_scalar(node)


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", _as_written)


def _line_of(node: Any, part: Any) -> int | None:
    is_key = isinstance(node, CommentedMap) and part in node
    is_item = isinstance(node, CommentedSeq) and isinstance(part, int) and part < len(node)
    if not is_key and not is_item:
        return None
    # A key that came in through a YAML merge has no place of its own: take its owner's.
    places = node.lc.data or {}
    return int(places[part][0] if part in places else node.lc.line)


def _plain(node: Any) -> Any:
    if isinstance(node, dict):
        return {str(key): _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(value) for value in node]
    for kind in (bool, int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return node
