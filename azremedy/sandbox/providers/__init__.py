"""Gather the operations of all resource providers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.sandbox.providers import (
    authorization,
    backup_discovery,
    backup_items,
    backup_jobs,
    backup_protection,
    compute_extensions,
    compute_restore_points,
    compute_run_command,
    compute_updates,
    compute_vms,
    disks,
    keyvault,
    locks,
    network_effective,
    network_resources,
    recovery_vaults,
    registrations,
    resource_graph,
    resource_groups,
    resources,
    subscriptions,
    tags,
    vault_settings,
)

if TYPE_CHECKING:
    from azremedy.sandbox.routing import Route

ROUTES: tuple[Route, ...] = (
    *authorization.ROUTES,
    *backup_discovery.ROUTES,
    *backup_items.ROUTES,
    *backup_jobs.ROUTES,
    *backup_protection.ROUTES,
    *compute_extensions.ROUTES,
    *compute_restore_points.ROUTES,
    *compute_run_command.ROUTES,
    *compute_updates.ROUTES,
    *compute_vms.ROUTES,
    *disks.ROUTES,
    *keyvault.ROUTES,
    *locks.ROUTES,
    *network_effective.ROUTES,
    *network_resources.ROUTES,
    *recovery_vaults.ROUTES,
    *registrations.ROUTES,
    *resource_graph.ROUTES,
    *resource_groups.ROUTES,
    *resources.ROUTES,
    *subscriptions.ROUTES,
    *tags.ROUTES,
    *vault_settings.ROUTES,
)
"""Every operation of every provider."""
