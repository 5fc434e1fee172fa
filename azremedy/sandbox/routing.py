"""Find the handler of a request."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from azremedy.sandbox.http import Answer, Request

Handler: TypeAlias = "Callable[..., Answer]"
"""`handler(world, request, **params) -> Answer`; params are the template's names, decoded."""


@dataclass(frozen=True, kw_only=True)
class Route:
    """One operation that the sandbox carries out."""

    method: str
    """The verb in upper case."""
    template: str
    """The path; `{x}` stands for one segment and `{x:path}` for one or more."""
    handler: Handler
    """Carries the operation out."""
    action: str | None
    """The RBAC action it needs, None for none; `{type}` and `{provider}` in it follow the path."""
    lockable: bool = True
    """Whether management locks can refuse it."""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Give the template as an expression; ARM ignores case."""
        pieces = [_piece(segment) for segment in self.template.strip("/").split("/")]
        return re.compile("/" + "/".join(pieces) + "$", re.IGNORECASE)

    @cached_property
    def rank(self) -> tuple[int, int]:
        """Order templates: most literal segments first, then fewest open ends."""
        literals = [part for part in self.template.strip("/").split("/") if "{" not in part]
        return (len(literals), -self.template.count(":path}"))


class Router:
    """Picks the most literal route that fits."""

    def __init__(self, routes: Iterable[Route]) -> None:
        """Order the routes; of equals the first one given wins."""
        self._routes = sorted(routes, key=lambda route: route.rank, reverse=True)

    def find(self, request: Request) -> tuple[Route, dict[str, str]] | None:
        """Give the route of a request and its parameters, or None."""
        path = request.path
        for route in self._routes:
            if route.method == request.method and (match := route.pattern.match(path)):
                return route, match.groupdict()
        return None

    def methods(self, path: str) -> frozenset[str]:
        """Name the verbs that some route takes at a path, ."""
        return frozenset(route.method for route in self._routes if route.pattern.match(path))


def _piece(segment: str) -> str:
    match = re.fullmatch(r"\{(\w+)(:path)?\}", segment)
    if not match:
        return re.escape(segment)
    return f"(?P<{match[1]}>.+)" if match[2] else f"(?P<{match[1]}>[^/]+)"
