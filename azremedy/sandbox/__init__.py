"""A local Azure Resource Manager: a world of ARM documents behind ARM's own HTTP.

It imports nothing else of this package: the unmodified Azure SDK stands between the two.
The names below are loaded on use, so that importing this package is cheap.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from azremedy.sandbox.app import App as App
    from azremedy.sandbox.transport import SandboxCredential as SandboxCredential
    from azremedy.sandbox.transport import WorldTransport as WorldTransport
    from azremedy.sandbox.world import World as World

_HOMES = {
    "App": "app",
    "SandboxCredential": "transport",
    "World": "world",
    "WorldTransport": "transport",
}
_MODULES = ("proxy", "scenario", "server")


def __getattr__(name: str) -> Any:
    """Load a name on its first use."""
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
