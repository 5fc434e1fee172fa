"""Gather the operations of all resource providers."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azremedy.sandbox.routing import Route


def _gathered() -> tuple[Route, ...]:
    found: list[Route] = []
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        found.extend(getattr(importlib.import_module(f"{__name__}.{module.name}"), "ROUTES", ()))
    return tuple(found)


ROUTES: tuple[Route, ...] = _gathered()
"""Every operation of every provider."""
