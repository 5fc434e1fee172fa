"""Hold one signed-in connection to Azure and hand out the gateways of its subscriptions."""

from __future__ import annotations

from functools import cached_property
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar

from azremedy.errors import UsageError
from azremedy.gateways.clients import (
    NO_SUBSCRIPTION,
    Connect,
    Link,
    SessionOptions,
    backup_client,
    compute_client,
    document_client,
    graph_client,
    key_vault_client,
    lock_client,
    resource_client,
    resource_graph_client,
    role_client,
)
from azremedy.gateways.clock import AzureClock, Clock
from azremedy.gateways.clouds import PUBLIC, Cloud
from azremedy.gateways.identity import Caller, read_caller
from azremedy.gateways.policies import Trace
from azremedy.gateways.rates import AT_ONCE
from azremedy.gateways.subscriptions import SubscriptionsGateway

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from azure.core.credentials import TokenCredential

    from azremedy.gateways.backup import BackupGateway
    from azremedy.gateways.backup_changes import BackupChangesGateway
    from azremedy.gateways.clients import DocumentClient
    from azremedy.gateways.compute import ComputeGateway
    from azremedy.gateways.directory import DirectoryGateway
    from azremedy.gateways.disks import DisksGateway
    from azremedy.gateways.graph import GraphGateway
    from azremedy.gateways.groups import GroupsGateway
    from azremedy.gateways.inventory import InventoryGateway
    from azremedy.gateways.keyvaults import KeyVaultsGateway
    from azremedy.gateways.locks import LocksGateway
    from azremedy.gateways.network import NetworkGateway
    from azremedy.gateways.permissions import PermissionsGateway
    from azremedy.gateways.roles import RolesGateway
    from azremedy.gateways.vm_changes import VmChangesGateway
    from azremedy.ids import ResourceId

ClientT = TypeVar("ClientT")


class Gateways:
    """The gateways of one subscription; each is made, and its module loaded, when it is used.

    Making them sends nothing and loads no SDK package.

    Args:
        session: the connection.
        subscription_id: the subscription that all of them work in.
    """

    def __init__(self, session: Session, subscription_id: str) -> None:
        self.subscription_id = subscription_id
        self._session = session

    @property
    def trace(self) -> Trace:
        """Where each thread finds when its last answer came, and that answer's request id."""
        return self._session.trace()

    @cached_property
    def groups(self) -> GroupsGateway:
        """Resource groups and generic resource lists."""
        from azremedy.gateways.groups import GroupsGateway  # noqa: PLC0415 - on use

        return GroupsGateway(connect=self._documents)

    @cached_property
    def locks(self) -> LocksGateway:
        """Management locks."""
        from azremedy.gateways.locks import LocksGateway  # noqa: PLC0415 - on use

        return LocksGateway(connect=self._on_use(lock_client), documents=self._documents)

    @cached_property
    def compute(self) -> ComputeGateway:
        """VMs, extensions, restore point collections."""
        from azremedy.gateways.compute import ComputeGateway  # noqa: PLC0415 - on use

        return ComputeGateway(
            connect=self._on_use(compute_client),
            documents=self._documents,
            clock=self._session.clock,
            polling_interval_s=self._session.options.polling_interval_s,
        )

    @cached_property
    def backup(self) -> BackupGateway:
        """Vaults' items, jobs, policies and points; on-demand backups."""
        from azremedy.gateways.backup import BackupGateway  # noqa: PLC0415 - on use

        return BackupGateway(connect=self._on_use(backup_client), documents=self._documents)

    @cached_property
    def backup_changes(self) -> BackupChangesGateway:
        """What changes jobs and protected items."""
        from azremedy.gateways.backup_changes import BackupChangesGateway  # noqa: PLC0415 - on use

        return BackupChangesGateway(
            connect=self._on_use(backup_client),
            clock=self._session.clock,
            polling_interval_s=self._session.options.polling_interval_s,
        )

    @cached_property
    def vm_changes(self) -> VmChangesGateway:
        """Restarts and other changes of whole VMs; scripts inside them."""
        from azremedy.gateways.vm_changes import VmChangesGateway  # noqa: PLC0415 - on use

        return VmChangesGateway(
            connect=self._on_use(compute_client),
            clock=self._session.clock,
            polling_interval_s=self._session.options.polling_interval_s,
        )

    @cached_property
    def inventory(self) -> InventoryGateway:
        """Whole documents of every kind, for a copy of the subscription."""
        from azremedy.gateways.inventory import InventoryGateway  # noqa: PLC0415 - on use

        return InventoryGateway(connect=self._documents)

    @cached_property
    def network(self) -> NetworkGateway:
        """What stands between VMs and Azure Storage."""
        from azremedy.gateways.network import NetworkGateway  # noqa: PLC0415 - on use

        return NetworkGateway(
            connect=self._on_use(resource_client),
            clock=self._session.clock,
            polling_interval_s=self._session.options.polling_interval_s,
        )

    @cached_property
    def disks(self) -> DisksGateway:
        """Managed disks and disk encryption sets."""
        from azremedy.gateways.disks import DisksGateway  # noqa: PLC0415 - on use

        return DisksGateway(connect=self._documents)

    @cached_property
    def key_vaults(self) -> KeyVaultsGateway:
        """Key vaults and their access policies."""
        from azremedy.gateways.keyvaults import KeyVaultsGateway  # noqa: PLC0415 - on use

        return KeyVaultsGateway(connect=self._on_use(key_vault_client))

    @cached_property
    def roles(self) -> RolesGateway:
        """Who holds which role."""
        from azremedy.gateways.roles import RolesGateway  # noqa: PLC0415 - on use

        return RolesGateway(connect=self._documents, change=self._on_use(role_client))

    @cached_property
    def permissions(self) -> PermissionsGateway:
        """What the caller may do."""
        from azremedy.gateways.permissions import PermissionsGateway  # noqa: PLC0415 - on use

        return PermissionsGateway(connect=self._documents)

    @cached_property
    def directory(self) -> DirectoryGateway:
        """The tenant's directory, the same for every subscription."""
        from azremedy.gateways.directory import DirectoryGateway  # noqa: PLC0415 - on use

        return DirectoryGateway(
            connect=self._session.connect(graph_client, NO_SUBSCRIPTION),
            cloud=self._session.cloud,
        )

    @property
    def _documents(self) -> Connect[DocumentClient]:
        return self._on_use(document_client)

    def _on_use(self, make: Callable[[Link, str], ClientT]) -> Connect[ClientT]:
        return self._session.connect(make, self.subscription_id)


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
        self._resource_graph: GraphGateway | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def subscriptions(self) -> SubscriptionsGateway:
        """The gateway that lists subscriptions."""
        return SubscriptionsGateway(connect=self.connect(document_client, NO_SUBSCRIPTION))

    @property
    def resource_graph(self) -> GraphGateway:
        """The gateway that asks one question about many subscriptions, and minds its quota."""
        from azremedy.gateways.graph import GraphGateway  # noqa: PLC0415 - on use

        with self._guard:
            if self._resource_graph is None:
                self._resource_graph = GraphGateway(
                    connect=self.connect(resource_graph_client, NO_SUBSCRIPTION), clock=self.clock
                )
            return self._resource_graph

    def subscription(self, subscription_id: str) -> Gateways:
        """Return the gateways of a subscription, given by its GUID."""
        return Gateways(self, subscription_id)

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

    def connect(
        self, make: Callable[[Link, str], ClientT], subscription_id: str
    ) -> Connect[ClientT]:
        """Give what makes a client when it is first used, once for each subscription.

        Args:
            make: one of the makers in ``clients``.
            subscription_id: the subscription that the client works in.
        """
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
    """Make the transport over the network, which keeps as many connections as are used at a time.

    The SDK's own keeps ten: a fleet would do little else than agree on keys. A request whose answer
    nobody reads never gives its connection back, so none waits for another's.
    """
    from azure.core.pipeline.transport import RequestsTransport  # noqa: PLC0415 - loads the SDK
    from requests import Session as Connections  # noqa: PLC0415 - as above
    from requests.adapters import HTTPAdapter  # noqa: PLC0415 - as above
    from urllib3 import Retry  # noqa: PLC0415 - as above

    # As the SDK has it: what is tried again is its retry policy's affair.
    never = Retry(total=False, redirect=False, raise_on_status=False)
    connections = Connections()
    connections.mount("https://", HTTPAdapter(max_retries=never, pool_maxsize=AT_ONCE))
    return RequestsTransport(
        session=connections,
        connection_timeout=options.connect_timeout_s,
        read_timeout=options.read_timeout_s,
    )
