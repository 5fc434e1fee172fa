"""Read one YAML file into plain values that remember their lines.

Playbooks are data: what YAML offers beyond it (tags, aliases, merges, several documents) is
refused, and nothing but JSON's own scalars is more than text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import yaml

from azremedy.playbooks.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from azremedy.playbooks.problems import Spot

# The loader made in C is ten times faster; PyYAML may be built without it.
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_TAG = "tag:yaml.org,2002:"
_SCALARS: dict[str, Callable[[str], Any]] = {
    _TAG + "str": str,
    _TAG + "int": int,
    _TAG + "bool": "true".__eq__,
    _TAG + "null": lambda _: None,
}

Trouble = tuple[str, int]
"""What is wrong with a text, and the line from 0."""


class _Loader(_SafeLoader):  # type: ignore[misc] # which of the two classes it is, time tells
    """Knows JSON's scalars only; a class because PyYAML takes its rules so."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {
        **{first: [(_TAG + "bool", re.compile(r"(?:true|false)$"))] for first in "tf"},
        **{first: [(_TAG + "int", re.compile(r"(?:0|[1-9]\d*)$"))] for first in "0123456789"},
        **{first: [(_TAG + "null", re.compile(r"(?:null|)$"))] for first in ("n", "")},
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One file as it was read."""

    file: str
    """Its name."""
    value: Any
    """Plain dicts, lists, texts, whole numbers, booleans and None."""
    node: Any
    """The same as PyYAML composed it, with lines."""

    def make_problem(self, spot: Spot, message: str) -> Problem:
        """Say what is wrong at a spot, or at the deepest part of it that exists."""
        return Problem(file=self.file, line=_find_line(self.node, spot), message=message)


def read_document(path: Path) -> Document | tuple[Problem, ...]:
    """Read a file; give what is wrong when it cannot be read, or is more than plain YAML."""
    file = str(path)
    troubles: list[Trouble] = []
    try:
        node = _Loader(path.read_text(encoding="utf-8-sig")).get_single_node()
        if node is not None:
            value = _Plain(troubles).take(node)
            if not troubles:
                return Document(file=file, value=value, node=node)
        else:
            troubles.append(("the file is empty", 0))
    except (OSError, UnicodeDecodeError) as error:
        troubles = [(f"cannot be read: {getattr(error, 'strerror', None) or error}", 0)]
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        troubles = [_describe(error)]
    found = sorted(troubles, key=lambda each: each[1])
    return tuple(Problem(file=file, line=line + 1, message=text) for text, line in found)


class _Plain:
    """Turns what PyYAML composed into plain values, and notes what is more than data.

    Args:
        troubles: gets what is found, each with its line from 0.
    """

    def __init__(self, troubles: list[Trouble]) -> None:
        self._troubles = troubles
        self._seen: set[int] = set()

    def take(self, node: Any) -> Any:
        """Give the value of a node and of all below it."""
        # A node that comes twice is an alias; one that comes inside itself would never end.
        if id(node) in self._seen:
            return self._refuse(node, "an alias (*name) is not plain data: write it out")
        self._seen.add(id(node))
        if node.tag == _TAG + "map":
            return self._take_mapping(node)
        if node.tag == _TAG + "seq":
            return [self.take(each) for each in node.value]
        if node.tag in _SCALARS:
            return _SCALARS[node.tag](node.value)
        name = node.tag.removeprefix(_TAG)
        return self._refuse(node, f"'{name}' is not plain data: use texts, lists and mappings")

    def _take_mapping(self, node: Any) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, value in node.value:
            name = self.take(key)
            if not isinstance(name, str):
                self._refuse(key, "a key must be a text")
            elif name in made:
                self._refuse(key, f"the key '{name}' is given twice")
            made[str(name)] = self.take(value)
        return made

    def _refuse(self, node: Any, message: str) -> None:
        self._troubles.append((message, node.start_mark.line))


def _describe(error: Exception) -> Trouble:
    """Say in one line why a text is not YAML, and on which line from 0."""
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        return f"not YAML: {error.problem}", mark.line if mark else 0
    return f"not YAML: {str(error).splitlines()[0]}", 0


def _find_line(node: Any, spot: Spot) -> int:
    line = node.start_mark.line
    for part in spot:
        found = _find_place(node, part)
        if found is None:
            break
        node, line = found
    return int(line) + 1


def _find_place(node: Any, part: str | int) -> tuple[Any, int] | None:
    """Give what stands at a key or number, and its line from 0; ``None`` when nothing does."""
    if isinstance(node, yaml.MappingNode):
        found = ((value, key.start_mark.line) for key, value in node.value if key.value == part)
        return next(found, None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part].start_mark.line
    return None
