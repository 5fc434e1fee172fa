"""Gather the operations of all resource providers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.sandbox.providers import (
    authorization,
    backup_items,
    backup_jobs,
    compute_extensions,
    compute_restore_points,
    compute_run_command,
    compute_vms,
    locks,
    recovery_vaults,
    registrations,
    resource_groups,
    resources,
    subscriptions,
    tags,
)

if TYPE_CHECKING:
    from azremedy.sandbox.routing import Route

ROUTES: tuple[Route, ...] = (
    *authorization.ROUTES,
    *backup_items.ROUTES,
    *backup_jobs.ROUTES,
    *compute_extensions.ROUTES,
    *compute_restore_points.ROUTES,
    *compute_run_command.ROUTES,
    *compute_vms.ROUTES,
    *locks.ROUTES,
    *recovery_vaults.ROUTES,
    *registrations.ROUTES,
    *resource_groups.ROUTES,
    *resources.ROUTES,
    *subscriptions.ROUTES,
    *tags.ROUTES,
)
"""Every operation of every provider."""
