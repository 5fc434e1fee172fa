"""Share one connection, load the SDK late, and keep to the subscription."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from azremedy.errors import UsageError
from azremedy.gateways.clients import Link, SessionOptions, compute_client, lock_client
from azremedy.gateways.clock import AzureClock
from azremedy.gateways.session import Session
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from tests.gateways.conftest import EnterWorld, Scripted

SUBSCRIPTION = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"
OTHER = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a002"
CHECKOUT = Path(__file__).resolve().parents[2]

IMPORTS = """
import importlib, pkgutil, sys
import azremedy.gateways as gateways
for module in pkgutil.iter_modules(gateways.__path__):
    importlib.import_module(f"azremedy.gateways.{module.name}")
from azremedy.gateways.session import Session
with Session(object()) as session:
    session.subscription("5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001")
loaded = sorted(name for name in sys.modules if name.split(".")[0] in {"azure", "msal", "requests"})
print(",".join(loaded))
"""


def test_importing_the_gateways_loads_no_sdk() -> None:
    """Help and completion stay quick: the SDK is loaded when the first request is made."""
    run = subprocess.run(
        [sys.executable, "-c", IMPORTS], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )

    assert run.stdout.strip() == ""


def test_a_session_makes_each_client_once(enter_world: EnterWorld) -> None:
    """Threads that ask at the same time get one client, and each subscription its own."""
    session = enter_world("fleet-small").session

    def client(subscription_id: str) -> Any:
        return session.connect(lock_client, subscription_id)()

    with ThreadPoolExecutor(8) as pool:
        made = set(map(id, pool.map(client, [SUBSCRIPTION, SUBSCRIPTION.upper()] * 8)))

    assert 1 == len(made)
    assert client(SUBSCRIPTION) is not client(OTHER)


def test_many_threads_read_at_once(enter_world: EnterWorld) -> None:
    """One session serves a fleet."""
    session = enter_world("fleet-small").session

    def locks(subscription_id: str) -> int:
        return len(session.subscription(subscription_id).locks.list_locks())

    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(locks, [SUBSCRIPTION, OTHER] * 8))

    assert {locks(SUBSCRIPTION), locks(OTHER)} == set(counts)


class Closeable:
    """A client that can be closed."""

    def __init__(self) -> None:
        self.closed = 0

    def close(self) -> None:
        """Keep that it was closed."""
        self.closed += 1


def test_closing_a_session_closes_its_clients(scripted: Scripted) -> None:
    """Each once, also when the session is closed twice."""
    made = Closeable()

    def make(_link: Link, _subscription_id: str) -> Closeable:
        return made

    with scripted.session as session:
        session.connect(make, SUBSCRIPTION)()
    session.close()

    assert 1 == made.closed


def test_a_target_elsewhere_is_refused_by_every_gateway(scripted: Scripted) -> None:
    """The SDK would address the resource of the same name in the gateway's subscription."""
    azure = scripted.azure
    group = ResourceId.of_group(OTHER, "group")
    vm = group.child("providers", "Microsoft.Compute", "virtualMachines", "vm")
    vault = group.child("providers", "Microsoft.RecoveryServices", "vaults", "v")

    for read in (
        lambda: azure.groups.get_group(group),
        lambda: azure.locks.list_locks_of_group(group),
        lambda: azure.compute.get_vm(vm),
        lambda: azure.compute.delete_extension(vm.child("extensions", "e")),
        lambda: azure.compute.delete_collection(vm),
        lambda: azure.backup.list_items(vault),
        lambda: azure.backup.get_protection(vm, "westeurope"),
    ):
        with pytest.raises(UsageError, match=SUBSCRIPTION):
            read()
    assert [] == scripted.transport.sent


def test_without_a_transport_the_network_is_used() -> None:
    """The options' time limits are the connection's, and all clients share it."""
    options = SessionOptions(connect_timeout_s=3, read_timeout_s=4)

    with Session(object(), options=options) as session:  # type: ignore[arg-type]  # nothing signs in here
        client = session.connect(compute_client, SUBSCRIPTION)()
        other = session.connect(lock_client, SUBSCRIPTION)()
        transport: Any = client._client._pipeline._transport  # noqa: SLF001 - the SDK has no other way to see it

        shared: Any = other._client._pipeline._transport  # noqa: SLF001 - as above
        limits = transport.connection_config

        assert id(transport) == id(shared)
        assert (3, 4) == (limits.timeout, limits.read_timeout)
        assert isinstance(session.clock, AzureClock)


def test_the_subscription_of_gateways_is_known(scripted: Scripted) -> None:
    """Who holds the gateways can tell where they work."""
    assert SUBSCRIPTION == scripted.azure.subscription_id
