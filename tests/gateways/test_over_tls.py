"""Go the whole way: metadata, sign-in, TLS, a deletion to its end, all found in the environment."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from azremedy.errors import NotFoundError
from azremedy.gateways.clouds import find_cloud
from azremedy.gateways.credentials import default_credential
from azremedy.gateways.session import Session
from azremedy.gateways.subscriptions import choose_subscription
from azremedy.sandbox import scenario, server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Serve a world on loopback and put what it says into the environment."""
    setting = server.Setting(scenario=scenario.load("restore-point-limit"))
    with server.running(setting) as opened:
        variables: Any = opened.ready["env"]
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield variables


@pytest.mark.parametrize("tenant", [None, "AZURE_TENANT_ID"])
def test_the_environment_is_enough_to_repair_over_the_network(
    environ: dict[str, str], tmp_path: Path, tenant: str | None
) -> None:
    """Sign in, remove the lock, delete the collection, see that it is gone."""
    cloud = find_cloud(environ["ARM_CLOUD_METADATA_URL"])
    credential: Any = default_credential(cloud, environ[tenant] if tenant else None)
    subscription_id = choose_subscription(None, environ=environ, home=tmp_path)

    with closing(credential), Session(credential, cloud) as session:
        azure = session.subscription(subscription_id)
        (lock,) = azure.locks.list_locks()
        assert not azure.locks.delete_lock(lock.id).already_gone
        (collection,) = azure.compute.list_collections()
        assert "Succeeded" == azure.compute.delete_collection(collection.id).wait()
        with pytest.raises(NotFoundError):
            azure.compute.get_collection(collection.id)
        assert 2026 == session.clock.now().year
