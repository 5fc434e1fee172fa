"""Subscriptions, their locations and the tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from azremedy.sandbox import tokens
from azremedy.sandbox.http import Request

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from azremedy.sandbox.http import Json
    from tests.sandbox.conftest import Opened, OpenWorld


def asked(opened: Opened, path: str) -> Json:
    """Ask for a path."""
    url = f"https://management.azure.com{path}?api-version=2022-12-01"
    headers = {"authorization": "Bearer x"}
    return opened.app.handle(Request(method="GET", url=url, headers=headers)).body


def test_the_whole_tree_above_resources_is_served(
    open_world: OpenWorld,
    small: dict[str, Any],
    subscription: str,
    contract_check: Callable[[Path], str],
) -> None:
    """Subscriptions, one of them, its locations and tenants; all within the contract."""
    opened = open_world(small)

    listed = asked(opened, "/subscriptions")["value"]
    one = asked(opened, f"/subscriptions/{subscription.upper()}")
    locations = asked(opened, f"/subscriptions/{subscription}/locations")["value"]
    tenants = asked(opened, "/tenants")["value"]

    assert listed == [one]
    assert (one["state"], one["tenantId"]) == ("Enabled", tokens.TENANT)
    assert "westeurope" in [location["name"] for location in locations]
    assert [tenant["tenantId"] for tenant in tenants] == [tokens.TENANT]
    assert contract_check(opened.exchanges).endswith(" 0 violations")


@pytest.mark.parametrize(
    ("scope", "count"),
    [("/", 1), ("/subscriptions/{s}/resourceGroups/x", 1), ("/subscriptions/o", 0)],
)
def test_a_subscription_without_rights_is_not_listed(
    open_world: OpenWorld, small: dict[str, Any], subscription: str, scope: str, count: int
) -> None:
    """Rights anywhere in it are enough to see it."""
    grant = {"scope": scope.format(s=subscription), "actions": ["*/read"]}

    assert len(asked(open_world(small | {"caller": [grant]}), "/subscriptions")["value"]) == count
