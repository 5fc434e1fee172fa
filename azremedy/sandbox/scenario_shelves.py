"""Put the scenarios that come with the sandbox under headings."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from azremedy.sandbox import scenario
from azremedy.sandbox.scenario_model import Shelf

if TYPE_CHECKING:
    from azremedy.sandbox.scenario_model import Scenario

_HEADINGS: dict[Shelf, str] = {
    "well": "Nothing is wrong",
    "code": "One error code each",
    "cause": "One cause each",
    "causes": "Several causes at once",
    "fleet": "Several machines",
    "": "Others",
}


def shelves() -> tuple[tuple[str, tuple[Scenario, ...]], ...]:
    """Give the scenarios by heading, in the order in which to read them, none of them empty."""
    found = [scenario.load(name) for name in scenario.names()]
    sorted_out = (
        (_HEADINGS[shelf], tuple(each for each in found if each.shelf == shelf))
        for shelf in get_args(Shelf)
    )
    return tuple((heading, those) for heading, those in sorted_out if those)
