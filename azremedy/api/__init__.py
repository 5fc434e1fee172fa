"""The Python API: everything that the command line does, as functions on values.

Reading uses a session whose pipeline refuses every change. A session that can write is made by
:func:`apply` alone, for a plan that was shown.

Example::

    from azremedy import api

    with api.connect(api.ConnectOptions(sandbox="restore-point-limit")) as azure:
        plan = api.plan_clean(azure, api.VmNames(names=("web-1",)), api.CleanOptions(unlock=True))
        run = api.apply(azure, plan)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

# Not on demand: whoever imports this module first would leave it here under the function's name.
from azremedy.api.connect import Azure, ConnectOptions, connect

if TYPE_CHECKING:
    from azremedy.api.advice import Advice, advise
    from azremedy.api.diagnosing import DiagnoseOptions, Examined, diagnose
    from azremedy.api.fixing import plan_fix
    from azremedy.api.planning import plan_backup, plan_clean, plan_orphans, plan_reset
    from azremedy.api.previewing import decline, preview
    from azremedy.api.replanning import check_still_holds, choose_connection, plan_again
    from azremedy.api.running import apply, resume
    from azremedy.api.saving import check_approval, find_fingerprint, load_plan, save_plan
    from azremedy.api.targets import GroupNames, VmNames
    from azremedy.api.unlocking import find_groups, plan_unlock
    from azremedy.domain.planner.backup import BackupOptions
    from azremedy.domain.planner.clean import CleanBy, CleanOptions
    from azremedy.domain.planner.fix.options import FixOptions
    from azremedy.domain.planner.reset import ResetOptions
    from azremedy.domain.planner.unlock_options import UnlockOptions
    from azremedy.domain.staleness import find_moved
    from azremedy.domain.steps import WaitFor

_HOMES = {
    "azremedy.api.advice": (
        "Advice",
        "advise",
    ),
    "azremedy.api.diagnosing": (
        "DiagnoseOptions",
        "Examined",
        "diagnose",
    ),
    "azremedy.api.fixing": ("plan_fix",),
    "azremedy.api.planning": (
        "plan_backup",
        "plan_clean",
        "plan_orphans",
        "plan_reset",
    ),
    "azremedy.api.previewing": (
        "decline",
        "preview",
    ),
    "azremedy.api.replanning": (
        "check_still_holds",
        "choose_connection",
        "plan_again",
    ),
    "azremedy.api.running": (
        "apply",
        "resume",
    ),
    "azremedy.api.saving": (
        "check_approval",
        "find_fingerprint",
        "load_plan",
        "save_plan",
    ),
    "azremedy.api.targets": (
        "GroupNames",
        "VmNames",
    ),
    "azremedy.api.unlocking": (
        "find_groups",
        "plan_unlock",
    ),
    "azremedy.domain.planner.backup": ("BackupOptions",),
    "azremedy.domain.planner.clean": (
        "CleanBy",
        "CleanOptions",
    ),
    "azremedy.domain.planner.fix.options": ("FixOptions",),
    "azremedy.domain.planner.reset": ("ResetOptions",),
    "azremedy.domain.planner.unlock_options": ("UnlockOptions",),
    "azremedy.domain.staleness": ("find_moved",),
    "azremedy.domain.steps": ("WaitFor",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Advice",
    "Azure",
    "BackupOptions",
    "CleanBy",
    "CleanOptions",
    "ConnectOptions",
    "DiagnoseOptions",
    "Examined",
    "FixOptions",
    "GroupNames",
    "ResetOptions",
    "UnlockOptions",
    "VmNames",
    "WaitFor",
    "advise",
    "apply",
    "check_approval",
    "check_still_holds",
    "choose_connection",
    "connect",
    "decline",
    "diagnose",
    "find_fingerprint",
    "find_groups",
    "find_moved",
    "load_plan",
    "plan_again",
    "plan_backup",
    "plan_clean",
    "plan_fix",
    "plan_orphans",
    "plan_reset",
    "plan_unlock",
    "preview",
    "resume",
    "save_plan",
]

if not TYPE_CHECKING:  # a typo stays one for those who check types

    def __getattr__(name: str) -> Any:
        """Import a name when it is asked for: a command pays for what it uses."""
        if (home := _HOME_OF.get(name)) is None:
            raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
        found = getattr(import_module(home), name)
        globals()[name] = found
        return found

    def __dir__() -> list[str]:
        """List the public names."""
        return sorted(__all__)
