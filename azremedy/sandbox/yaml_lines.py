"""Read YAML and JSON into plain values, and find the line of any of them again."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import yaml

from azremedy.sandbox.scenario_model import ScenarioError

if TYPE_CHECKING:
    from collections.abc import Iterator

# The loader made in C is ten times faster; PyYAML may be built without it.
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_TAG = "tag:yaml.org,2002:"
_BOOL = (_TAG + "bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)$"))
_NULL = (_TAG + "null", re.compile(r"(?:~|null|Null|NULL|)$"))
_MERGE = (_TAG + "merge", re.compile(r"<<$"))
_INT = (_TAG + "int", re.compile(r"-?(?:0|[1-9][0-9]*)$"))
_FLOAT = (
    _TAG + "float",
    re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)$"),
)


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

        None when the text has no lines to tell. It is parsed once more for this: lines are asked
        for only when something is wrong.
        """
        try:
            node, found = yaml.compose(self.text, Loader=_Loader), 1
        except yaml.YAMLError:
            return None
        for part in spot:
            place = _place(node, part)
            if place is None:
                break
            node, found = place[0], place[1] + 1
        return found


def read(text: str, file: str) -> Lined:
    """Parse a document.

    Only what JSON also has is more than text: numbers, true, false and null. Times stay the texts
    that were written, and so do `Off` and `no`: ARM documents hold texts.

    Raises:
        ScenarioError: when the text is neither YAML nor JSON.
    """
    try:
        # Nearly every JSON text is YAML as well, but this reads it many times faster.
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = _from_yaml(text, file)
    return Lined(file=file, text=text, value=value)


class _Loader(_SafeLoader):  # type: ignore[misc] # which of the two classes it is, time tells
    """Knows JSON's scalars only; a class because PyYAML takes its rules so."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {
        **{first: [_BOOL] for first in "tTfF"},
        **{first: [_INT, _FLOAT] for first in "-0123456789"},
        **{first: [_NULL] for first in ("~", "n", "N", "")},
        "<": [_MERGE],
    }


def _from_yaml(text: str, file: str) -> Any:
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        trouble = next(_troubles(node, ()), None)
        if trouble:
            raise ScenarioError(trouble[0], file=file, line=trouble[1])
        return _plain(loader.construct_document(node)) if node else None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise ScenarioError(f"{error.problem}", file=file, line=line) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise ScenarioError(f"{error}", file=file, line=_line_of(error, text)) from error


def _line_of(error: Exception, text: str) -> int | None:
    """Give the line of a character that YAML does not allow; None for any other error."""
    position = getattr(error, "position", None)
    return text.encode()[:position].count(b"\n") + 1 if isinstance(position, int) else None


def _troubles(node: Any, above: tuple[Any, ...]) -> Iterator[tuple[str, int]]:
    """Find what PyYAML lets pass: a key given twice, an alias inside of what it stands for."""
    if any(node is each for each in above):
        yield "an alias stands inside of what it names", node.start_mark.line + 1
        return
    inside = (*above, node)
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _troubles(item, inside)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in seen and key.tag != _TAG + "merge":
                yield f"the key '{name}' is given twice", key.start_mark.line + 1
            seen.add(name)
            yield from _troubles(value, inside)


def _place(node: Any, part: Any) -> tuple[Any, int] | None:
    """Give what stands at a key or number, and its line from 0; None when nothing does.

    A key that comes in through a YAML merge has no place of its own.
    """
    if isinstance(node, yaml.MappingNode):
        found = ((value, key) for key, value in node.value if key.value == str(part))
        value, key = next(found, (None, None))
        return (value, key.start_mark.line) if key else None
    is_item = isinstance(node, yaml.SequenceNode) and isinstance(part, int)
    if is_item and part < len(node.value):
        return node.value[part], node.value[part].start_mark.line
    return None


def _plain(value: Any) -> Any:
    """Copy a value so that what an alias repeated is no longer one and the same object."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value
