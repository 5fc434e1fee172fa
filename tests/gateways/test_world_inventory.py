"""Reading whole documents through the real SDK."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from azremedy.errors import NotFoundError, PermissionDeniedError
from azremedy.gateways.inventory import Ask
from azremedy.gateways.session import Session
from azremedy.sandbox import scenario
from azremedy.sandbox.app import App
from azremedy.sandbox.scenario import Grant
from azremedy.sandbox.transport import SandboxCredential, WorldTransport
from azremedy.sandbox.world import World

if TYPE_CHECKING:
    from azremedy.gateways.inventory import InventoryGateway

SUBSCRIPTION = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"
ITEM = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-backup/providers"
    "/Microsoft.RecoveryServices/vaults/vault-shop/backupFabrics/Azure/protectionContainers"
    "/IaasVMContainer;iaasvmcontainerv2;rg-shop-prod;web-1"
    "/protectedItems/VM;iaasvmcontainerv2;rg-shop-prod;web-1"
)
POINTS = Ask(path=f"{ITEM}/recoveryPoints", api_version="2024-10-01", action="read")


def inventory(*grants: Grant, page_size: int = 20) -> InventoryGateway:
    """Open the gateway on the world of the limit."""
    loaded = scenario.load("restore-point-limit")
    loaded = replace(loaded, caller=grants or loaded.caller)
    app = App(World(loaded, page_size=page_size))
    session = Session(SandboxCredential(), transport=WorldTransport(app))
    return session.subscription(SUBSCRIPTION).inventory


def test_every_page_of_a_list_is_read() -> None:
    """Small pages and one large page hold the same."""
    small = inventory(page_size=4).list_documents(POINTS)

    assert 18 == len(small)
    assert inventory().list_documents(POINTS) == small


def test_a_document_is_given_as_azure_sends_it() -> None:
    """Names with semicolons are found, and every property is there."""
    item = inventory().get_document(replace(POINTS, path=ITEM))

    assert ITEM == item["id"]
    assert "991698409459952" == item["properties"]["protectedItemDataId"]


def test_a_missing_document_is_told_apart_from_a_forbidden_one() -> None:
    """Absence and refusal lead to different errors; the refusal names the permission."""
    missing = replace(POINTS, path=f"{ITEM}-none")
    with pytest.raises(NotFoundError):
        inventory().get_document(missing)

    nobody = Grant(scope="/", actions=("Microsoft.Compute/*",))
    with pytest.raises(PermissionDeniedError) as refused:
        inventory(nobody).list_documents(POINTS)
    assert "read" == refused.value.action


def test_options_become_parameters() -> None:
    """Filters are encoded, and ids with spaces too."""
    ask = Ask(path="/a b", api_version="2024", action="x", expand="y", filter="z eq 'q'")

    assert "/a%20b?api-version=2024&$expand=y&$filter=z%20eq%20%27q%27" == ask.url
