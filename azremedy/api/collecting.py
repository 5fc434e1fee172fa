"""Read one subscription, as all planning and diagnosing does; loads nothing of what plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.collect import Collector

if TYPE_CHECKING:
    from azremedy.api.connect import Azure


def make_collector(azure: Azure, subscription_id: str) -> Collector:
    """Make what reads one subscription, for all VMs of a plan."""
    return Collector(gateways=azure.gateways(subscription_id), clock=azure.clock)
