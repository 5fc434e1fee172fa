"""Hold one signed-in connection to Azure and hand out the gateways of its subscriptions."""

from __future__ import annotations

from dataclasses import dataclass
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar

from azremedy.errors import UsageError
from azremedy.gateways.backup import BackupGateway
from azremedy.gateways.backup_changes import BackupChangesGateway
from azremedy.gateways.clients import (
    NO_SUBSCRIPTION,
    Connect,
    Link,
    SessionOptions,
    backup_client,
    compute_client,
    graph_client,
    key_vault_client,
    lock_client,
    resource_client,
    resource_graph_client,
    role_client,
)
from azremedy.gateways.clock import AzureClock, Clock
from azremedy.gateways.clouds import PUBLIC, Cloud
from azremedy.gateways.compute import ComputeGateway
from azremedy.gateways.directory import DirectoryGateway
from azremedy.gateways.disks import DisksGateway
from azremedy.gateways.graph import GraphGateway
from azremedy.gateways.groups import GroupsGateway
from azremedy.gateways.identity import Caller, read_caller
from azremedy.gateways.inventory import InventoryGateway
from azremedy.gateways.keyvaults import KeyVaultsGateway
from azremedy.gateways.locks import LocksGateway
from azremedy.gateways.network import NetworkGateway
from azremedy.gateways.permissions import PermissionsGateway
from azremedy.gateways.policies import Trace
from azremedy.gateways.roles import RolesGateway
from azremedy.gateways.subscriptions import SubscriptionsGateway
from azremedy.gateways.vm_changes import VmChangesGateway

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from azure.core.credentials import TokenCredential

    from azremedy.ids import ResourceId

ClientT = TypeVar("ClientT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateways:
    """The gateways of one subscription; making them sends nothing and loads no SDK package."""

    subscription_id: str
    """The subscription that all of them work in."""
    groups: GroupsGateway
    """Resource groups and generic resource lists."""
    locks: LocksGateway
    """Management locks."""
    compute: ComputeGateway
    """VMs, extensions, restore point collections."""
    backup: BackupGateway
    """Vaults' items, jobs, policies and points; on-demand backups."""
    backup_changes: BackupChangesGateway
    """What changes jobs and protected items."""
    vm_changes: VmChangesGateway
    """Restarts and other changes of whole VMs; scripts inside them."""
    inventory: InventoryGateway
    """Whole documents of every kind, for a copy of the subscription."""
    network: NetworkGateway
    """What stands between VMs and Azure Storage."""
    disks: DisksGateway
    """Managed disks and disk encryption sets."""
    key_vaults: KeyVaultsGateway
    """Key vaults and their access policies."""
    roles: RolesGateway
    """Who holds which role."""
    permissions: PermissionsGateway
    """What the caller may do."""
    directory: DirectoryGateway
    """The tenant's directory, the same for every subscription."""
    trace: Trace
    """Where each thread finds when its last answer came, and that answer's request id."""


class Session:
    """A connection to one cloud with one identity, safe to share between threads.

    Use it as a context manager, or close it. With ``SessionOptions(read_only=True)`` its pipeline
    refuses whatever could change something.

    Args:
        credential: signs in; see ``credentials.default_credential``.
        cloud: where to; the public cloud when left out.
        transport: an azure-core transport; requests over the network when left out. Polls and
            retries sleep through it.
        clock: the time that ``now`` tells; Azure's, learned from its answers, when left out.
        options: how requests are sent.
    """

    def __init__(
        self,
        credential: TokenCredential,
        cloud: Cloud = PUBLIC,
        *,
        transport: Any | None = None,
        clock: Clock | None = None,
        options: SessionOptions | None = None,
    ) -> None:
        self.cloud = cloud
        self.clock: Clock = clock or AzureClock()
        self.options = options or SessionOptions()
        self._credential = credential
        self._transport = transport
        self._clients: dict[tuple[object, str], Any] = {}
        self._guard = RLock()
        self._trace = Trace()
        self._resource_graph = GraphGateway(
            connect=self._on_use(resource_graph_client, NO_SUBSCRIPTION), clock=self.clock
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def subscriptions(self) -> SubscriptionsGateway:
        """The gateway that lists subscriptions."""
        return SubscriptionsGateway(connect=self._on_use(resource_client, NO_SUBSCRIPTION))

    @property
    def resource_graph(self) -> GraphGateway:
        """The gateway that asks one question about many subscriptions, and minds its quota."""
        return self._resource_graph

    def subscription(self, subscription_id: str) -> Gateways:
        """Return the gateways of a subscription, given by its GUID."""
        return Gateways(
            subscription_id=subscription_id,
            groups=GroupsGateway(connect=self._on_use(resource_client, subscription_id)),
            locks=LocksGateway(connect=self._on_use(lock_client, subscription_id)),
            compute=ComputeGateway(
                connect=self._on_use(compute_client, subscription_id),
                clock=self.clock,
                polling_interval_s=self.options.polling_interval_s,
            ),
            backup=BackupGateway(connect=self._on_use(backup_client, subscription_id)),
            backup_changes=BackupChangesGateway(
                connect=self._on_use(backup_client, subscription_id),
                clock=self.clock,
                polling_interval_s=self.options.polling_interval_s,
            ),
            vm_changes=VmChangesGateway(
                connect=self._on_use(compute_client, subscription_id),
                clock=self.clock,
                polling_interval_s=self.options.polling_interval_s,
            ),
            inventory=InventoryGateway(connect=self._on_use(resource_client, subscription_id)),
            network=NetworkGateway(
                connect=self._on_use(resource_client, subscription_id),
                clock=self.clock,
                polling_interval_s=self.options.polling_interval_s,
            ),
            disks=DisksGateway(connect=self._on_use(resource_client, subscription_id)),
            key_vaults=KeyVaultsGateway(connect=self._on_use(key_vault_client, subscription_id)),
            roles=RolesGateway(
                connect=self._on_use(resource_client, subscription_id),
                change=self._on_use(role_client, subscription_id),
            ),
            permissions=PermissionsGateway(
                connect=self._on_use(resource_client, subscription_id),
                roles=self._on_use(role_client, subscription_id),
            ),
            directory=DirectoryGateway(
                connect=self._on_use(graph_client, NO_SUBSCRIPTION), cloud=self.cloud
            ),
            trace=self._trace,
        )

    def find_caller(self) -> Caller:
        """Say who signed in, as far as the token tells.

        Raises:
            SignInError: no credential worked.
        """
        return read_caller(self._credential, self.cloud.scope)

    def trace(self) -> Trace:
        """Give what remembers the last answer of each thread, of every subscription."""
        return self._trace

    def close(self) -> None:
        """Close all connections; the session cannot be used again."""
        with self._guard:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    def _on_use(
        self, make: Callable[[Link, str], ClientT], subscription_id: str
    ) -> Connect[ClientT]:
        key = (make, subscription_id.lower())

        def client(target: ResourceId | None = None) -> ClientT:
            if target is not None and target.subscription_id.lower() != subscription_id.lower():
                raise UsageError(f"{target} is not in the subscription {subscription_id}")
            with self._guard:
                if key not in self._clients:
                    self._clients[key] = make(self._link(), subscription_id)
                made: ClientT = self._clients[key]
                return made

        return client

    def _link(self) -> Link:
        if self._transport is None:
            self._transport = _network_transport(self.options)
        return Link(
            credential=self._credential,
            cloud=self.cloud,
            transport=self._transport,
            clock=self.clock,
            options=self.options,
            trace=self._trace,
        )


def _network_transport(options: SessionOptions) -> Any:
    from azure.core.pipeline.transport import RequestsTransport  # noqa: PLC0415 - loads the SDK

    return RequestsTransport(
        connection_timeout=options.connect_timeout_s, read_timeout=options.read_timeout_s
    )
