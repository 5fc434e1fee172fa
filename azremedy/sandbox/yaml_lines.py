"""Read YAML and JSON into plain values that still know their lines."""

from __future__ import annotations

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
    value: Any
    """Plain dicts, lists, strings, numbers, booleans and None."""
    node: Any
    """The parsed tree that holds the lines."""

    def line(self, spot: tuple[Any, ...]) -> int | None:
        """Give the line, counted from 1, of the deepest part of `spot` that exists."""
        node, found = self.node, None
        for part in spot:
            here = _line_of(node, part)
            if here is None:
                break
            node, found = node[part], here + 1
        return found or (1 if self.node is not None else None)


def read(text: str, file: str) -> Lined:
    """Parse a document.

    Times stay the texts that were written: ARM documents hold texts.

    Raises:
        ScenarioError: when the text is neither YAML nor JSON.
    """
    yaml = YAML(typ="rt")
    yaml.Constructor = _Constructor
    try:
        node = yaml.load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark else None
        raise ScenarioError(f"{error.problem}", file=file, line=line) from error
    except YAMLError as error:
        raise ScenarioError(f"{error}", file=file) from error
    return Lined(file=file, value=_plain(node), node=node)


class _Constructor(RoundTripConstructor):
    """Leaves times alone; a class because ruamel takes its constructors so."""


def _as_written(constructor: RoundTripConstructor, node: Any) -> Any:
    return constructor.construct_scalar(node)


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", _as_written)


def _line_of(node: Any, part: Any) -> int | None:
    try:
        if isinstance(node, CommentedMap) and part in node:
            return int(node.lc.key(part)[0])
        if isinstance(node, CommentedSeq) and isinstance(part, int) and part < len(node):
            return int(node.lc.item(part)[0])
    except KeyError:
        # A key that came in through a YAML merge has no place of its own here.
        return int(node.lc.line)
    return None


def _plain(node: Any) -> Any:
    if isinstance(node, dict):
        return {str(key): _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(value) for value in node]
    for kind in (bool, int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return node
