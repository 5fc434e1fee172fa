"""Keep the last answer of Resource Graph, so that its pages are cut from one answer."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from azremedy.sandbox.world import World

    Rows = tuple[dict[str, Any], ...]

_KEPT = timedelta(minutes=5)
"""How long; a question may ask about the last hours."""


class GraphAnswers:
    """The rows of the last question, for as long as the world does not change."""

    def __init__(self, world: World) -> None:
        """Begin without any."""
        self._world = world
        self._question: object = None
        self._rows: Rows = ()
        self._until = world.clock.now()

    def rows(self, question: object, answer: Callable[[], Rows]) -> Rows:
        """Give the rows of a question; they are found anew where the world has changed since.

        Where the copy is late it changes with the time alone, and nothing is kept.
        """
        if "resourceGraphLag" in self._world.scenario.operations:
            return answer()
        now, asked = self._world.clock.now(), (question, self._world.documents.changes)
        if asked != self._question or now >= self._until:
            self._rows = answer()
            self._question, self._until = asked, now + _KEPT
        return self._rows
