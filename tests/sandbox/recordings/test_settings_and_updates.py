"""Vault settings, discovery and PATCH of Compute's resources, also where no recordings are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from azremedy.sandbox import scenario
from azremedy.sandbox.app import App
from azremedy.sandbox.http import Request
from azremedy.sandbox.tokens import jwt
from azremedy.sandbox.world import World
from tests.sandbox.recordings.kinds import BACKUP, SHOP

if TYPE_CHECKING:
    from azremedy.sandbox.http import Answer

_VAULT = f"{BACKUP}/providers/Microsoft.RecoveryServices/vaults/vault-shop"
_TOKEN = jwt({"exp": 4_102_444_800})
_VM = f"{SHOP}/providers/Microsoft.Compute/virtualMachines/web-1"


@pytest.fixture
def app() -> App:
    """Open the healthy world."""
    return App(World(scenario.load("healthy"), realistic=True))


def _ask(app: App, method: str, path: str, body: Any = None, *, token: str = _TOKEN) -> Answer:
    return app.handle(
        Request(
            method=method,
            url=f"https://management.azure.com{path}?api-version=2024-07-01",
            headers={"authorization": f"Bearer {token}"},
            body=b"" if body is None else json.dumps(body).encode(),
        )
    )


def test_a_vault_tells_how_long_it_keeps_what_was_deleted(app: App) -> None:
    """The setting follows from the vault's own document."""
    properties = _ask(app, "GET", f"{_VAULT}/backupconfig/vaultconfig").body["properties"]

    assert ("Enabled", 14) == (
        properties["softDeleteFeatureState"],
        properties["softDeleteRetentionPeriodInDays"],
    )


def test_the_redundancy_of_a_vault_in_use_is_locked(app: App) -> None:
    """A vault that protects something keeps its redundancy."""
    path = f"{_VAULT}/backupstorageconfig/vaultstorageconfig"

    assert "Locked" == _ask(app, "GET", path).body["properties"]["storageTypeState"]


def test_a_list_of_vaults_holds_less_than_a_vault(app: App) -> None:
    """Security settings stand in the vault's own answer only."""
    listed = _ask(app, "GET", _VAULT.rpartition("/")[0]).body["value"][0]["properties"]
    alone = _ask(app, "GET", _VAULT).body["properties"]

    assert (False, True) == ("securitySettings" in listed, "securitySettings" in alone)


def test_discovery_runs_until_its_result_is_empty(app: App) -> None:
    """A search for machines is followed by its Location: 202, then 204."""
    begun = _ask(app, "POST", f"{_VAULT}/backupFabrics/Azure/refreshContainers")
    path = begun.headers["Location"].partition("?")[0].removeprefix("https://management.azure.com")
    running = _ask(app, "GET", path).status
    app.world.clock.advance(3600)

    assert (202, 202, 204) == (begun.status, running, _ask(app, "GET", path).status)


def test_a_machine_is_updating_until_its_update_ends(app: App) -> None:
    """PATCH merges at once and answers 200; the state settles later."""
    changed = _ask(app, "PATCH", _VM, {"tags": {"owner": "shop"}})
    app.world.clock.advance(3600)
    settled = _ask(app, "GET", _VM).body

    assert (200, "Updating") == (changed.status, changed.body["properties"]["provisioningState"])
    assert ({"owner": "shop"}, "Succeeded") == (
        settled["tags"],
        settled["properties"]["provisioningState"],
    )


def test_a_token_that_ran_out_is_refused(app: App) -> None:
    """The answer names the trouble, so that clients fetch a new token."""
    answer = _ask(app, "GET", SHOP, token=jwt({"exp": 1_500_000_000}))

    assert (401, "ExpiredAuthenticationToken") == (answer.status, answer.body["error"]["code"])
