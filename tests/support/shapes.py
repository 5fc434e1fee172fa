"""Compare documents by what they look like."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from azremedy.sandbox import App, World, scenario

if TYPE_CHECKING:
    from pathlib import Path


def shape(value: Any) -> Any:
    """Give keys and kinds of a JSON value without its texts; tags count only by their number."""
    if isinstance(value, dict):
        return {
            key: len(each) if key == "tags" and each else shape(each) for key, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [shape(each) for each in value]
    return type(value).__name__


def holds(whole: Any, part: Any) -> bool:
    """Tell whether a value has everything that another has."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            key in whole and holds(whole[key], each) for key, each in part.items()
        )
    if isinstance(part, list):
        return len(whole) >= len(part) and all(map(holds, whole, part))
    return bool(whole == part)


def open_document(document: dict[str, Any], folder: Path) -> App:
    """Open a world from a scenario's document, by way of a file."""
    path = folder / f"{document['name']}.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return App(World(scenario.load(path)))
