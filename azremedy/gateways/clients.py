"""Make the SDK's clients, all with one pipeline.

The pipeline is composed here instead of taken from the SDK, because the SDK's holds a policy that
registers resource providers by itself: a change that no plan has shown.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from azremedy._version import __version__
from azremedy.gateways.clock import AzureClock, Clock
from azremedy.gateways.clouds import Cloud
from azremedy.gateways.policies import (
    ClockPolicy,
    PatiencePolicy,
    ReadOnlyPolicy,
    Trace,
    TracePolicy,
)
from azremedy.gateways.rates import LIMIT_HEADERS, RatePolicy, Rates
from azremedy.gateways.request_log import RequestLogPolicy

if TYPE_CHECKING:
    from azure.core import PipelineClient
    from azure.core.rest import HttpResponse
    from azure.mgmt.authorization import AuthorizationManagementClient
    from azure.mgmt.compute import ComputeManagementClient
    from azure.mgmt.keyvault import KeyVaultManagementClient
    from azure.mgmt.recoveryservicesbackup import RecoveryServicesBackupClient
    from azure.mgmt.resource.locks import ManagementLockClient
    from azure.mgmt.resource.resources import ResourceManagementClient
    from azure.mgmt.resourcegraph import ResourceGraphClient

    from azremedy.ids import ResourceId

ClientT_co = TypeVar("ClientT_co", covariant=True)
NO_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
USER_AGENT = f"azremedy/{__version__}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOptions:
    """How a session sends its requests."""

    read_only: bool = False
    """Whether the pipeline refuses whatever could change something."""
    retry_total: int = 5
    """How often the SDK repeats a request that may be repeated; on-demand backups never are."""
    longest_wait: timedelta = timedelta(minutes=10)
    """The longest ``Retry-After`` that is waited out between two tries of one request: Azure was
    seen to ask for 372 seconds (public issues of Azure's tools, 2024)."""
    polling_interval_s: float = 10
    """Seconds between two looks at a long-running operation when Azure names no time."""
    connect_timeout_s: int = 30
    """Seconds until a connection must stand."""
    read_timeout_s: int = 120
    """Seconds that Azure may be silent in the middle of an answer."""
    rates: Rates = field(default_factory=Rates)
    """What is known of Azure's limits; sessions of one connection share it."""


class Connect(Protocol[ClientT_co]):
    """Gives a subscription's client, made on first use.

    Raises:
        UsageError: the target lies in another subscription: the SDK would address the resource of
            the same name in this one.
    """

    def __call__(self, target: ResourceId | None = None) -> ClientT_co:
        """Return the client for a target, or for the subscription as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What all clients of a session share."""

    credential: Any
    """An azure-core TokenCredential."""
    cloud: Cloud
    """Where Azure Resource Manager is."""
    transport: Any
    """The SDK transport that sends the requests."""
    clock: Clock
    """Learns Azure's time from the answers if it is an AzureClock."""
    options: SessionOptions
    """How requests are sent."""
    trace: Trace = field(default_factory=Trace)
    """Where each thread's last answer is noted."""


def _policies(link: Link, *, sign_in: Any = None) -> list[Any]:
    from azure.core.pipeline import policies as core  # noqa: PLC0415 - loads the SDK on use

    # azure-mgmt-core has policies of its own for logging and signing in, which do no more: a
    # command that only reads would load it for nothing else.
    logging_policy = core.HttpLoggingPolicy()
    logging_policy.allowed_header_names |= LIMIT_HEADERS
    guards: list[Any] = [
        RatePolicy(link.options.rates, link.clock, link.options.longest_wait),
        PatiencePolicy(link.options.longest_wait),
        TracePolicy(link.trace, link.clock),
    ]
    if isinstance(link.clock, AzureClock):
        guards.append(ClockPolicy(link.clock))
    if link.options.read_only:
        guards.append(ReadOnlyPolicy())
    return [
        core.RequestIdPolicy(),
        core.HeadersPolicy(),
        core.UserAgentPolicy(user_agent=USER_AGENT),
        core.ProxyPolicy(),
        core.ContentDecodePolicy(),
        core.RedirectPolicy(),
        core.RetryPolicy(
            retry_total=link.options.retry_total, retry_status=link.options.retry_total
        ),
        sign_in or core.BearerTokenCredentialPolicy(link.credential, link.cloud.scope),
        core.CustomHookPolicy(),
        core.NetworkTraceLoggingPolicy(),
        core.SensitiveHeaderCleanupPolicy(),
        logging_policy,
        *guards,
        RequestLogPolicy(),
    ]


def _arguments(link: Link) -> dict[str, Any]:
    return {
        "base_url": link.cloud.resource_manager,
        "credential_scopes": [link.cloud.scope],
        "transport": link.transport,
        "policies": _policies(link),
        "polling_interval": link.options.polling_interval_s,
    }


def _quiet(package: str) -> None:
    # For an error with an empty body the generated clients log a whole traceback as a warning
    # before they raise the error that is handled anyway.
    logging.getLogger(f"{package}._utils.model_base").setLevel(logging.ERROR)


def resource_client(link: Link, subscription_id: str) -> ResourceManagementClient:
    """Make the client that changes generic resources, which have no client of their own."""
    from azure.mgmt.resource.resources import ResourceManagementClient  # noqa: PLC0415 - on use

    _quiet("azure.mgmt.resource.resources")
    return ResourceManagementClient(link.credential, subscription_id, **_arguments(link))


def lock_client(link: Link, subscription_id: str) -> ManagementLockClient:
    """Make the client of management locks."""
    from azure.mgmt.resource.locks import ManagementLockClient  # noqa: PLC0415 - on use

    return ManagementLockClient(link.credential, subscription_id, **_arguments(link))


def compute_client(link: Link, subscription_id: str) -> ComputeManagementClient:
    """Make the client of VMs, extensions and restore points."""
    from azure.mgmt.compute import ComputeManagementClient  # noqa: PLC0415 - on use

    _quiet("azure.mgmt.compute")
    return ComputeManagementClient(link.credential, subscription_id, **_arguments(link))


def backup_client(link: Link, subscription_id: str) -> RecoveryServicesBackupClient:
    """Make the client of Azure Backup."""
    from azure.mgmt.recoveryservicesbackup import (  # noqa: PLC0415 - loads the SDK on use
        RecoveryServicesBackupClient,
    )

    _quiet("azure.mgmt.recoveryservicesbackup")
    return RecoveryServicesBackupClient(link.credential, subscription_id, **_arguments(link))


def key_vault_client(link: Link, subscription_id: str) -> KeyVaultManagementClient:
    """Make the client of key vaults as resources."""
    from azure.mgmt.keyvault import KeyVaultManagementClient  # noqa: PLC0415 - on use

    _quiet("azure.mgmt.keyvault")
    return KeyVaultManagementClient(link.credential, subscription_id, **_arguments(link))


def role_client(link: Link, subscription_id: str) -> AuthorizationManagementClient:
    """Make the client of role assignments."""
    from azure.mgmt.authorization import AuthorizationManagementClient  # noqa: PLC0415 - on use

    return AuthorizationManagementClient(link.credential, subscription_id, **_arguments(link))


def resource_graph_client(link: Link, _subscription_id: str) -> ResourceGraphClient:
    """Make the client of Azure Resource Graph, which is asked about many subscriptions."""
    from azure.mgmt.resourcegraph import ResourceGraphClient  # noqa: PLC0415 - loads the SDK on use

    return ResourceGraphClient(link.credential, **_arguments(link))


class DocumentClient:
    """Reads documents through the session's pipeline, and knows no service and no model.

    For reads whose answer is taken as the JSON that it is. The generated clients send the same
    requests, but load 0.1 to 0.5 s of models first: longer than all that a short command does.

    Args:
        inner: the pipeline, and the host that relative URLs are for.
        subscription_id: the subscription that is asked.
    """

    def __init__(self, inner: PipelineClient[Any, Any], subscription_id: str) -> None:
        self._inner = inner
        self.subscription = f"/subscriptions/{subscription_id}"

    def get(self, url: str) -> HttpResponse:
        """Read what stands at a URL, whole or without its host; an error's answer is an answer.

        No other request goes this way: changes are the SDK's named calls.
        """
        from azure.core.rest import HttpRequest  # noqa: PLC0415 - loads the SDK on use

        place = self._inner.format_url(url)
        asked = HttpRequest("GET", place, headers={"Accept": "application/json"})
        answer: HttpResponse = self._inner.send_request(asked)
        return answer

    def close(self) -> None:
        """Close the pipeline."""
        self._inner.close()


def document_client(link: Link, subscription_id: str) -> DocumentClient:
    """Make the client of whatever is read as a document."""
    from azure.core import PipelineClient  # noqa: PLC0415 - loads the SDK on use

    inner: PipelineClient[Any, Any] = PipelineClient(
        base_url=link.cloud.resource_manager, transport=link.transport, policies=_policies(link)
    )
    return DocumentClient(inner, subscription_id)


def graph_client(link: Link, subscription_id: str) -> DocumentClient:
    """Make the client of the tenant's directory, with the same pipeline but for its sign-in.

    It leaves the session's clock alone, which is Resource Manager's.
    """
    from azure.core import PipelineClient  # noqa: PLC0415 - loads the SDK on use
    from azure.core.pipeline.policies import BearerTokenCredentialPolicy  # noqa: PLC0415 - on use

    sign_in = BearerTokenCredentialPolicy(link.credential, f"{link.cloud.graph}/.default")
    policies = _policies(link, sign_in=sign_in)
    inner: PipelineClient[Any, Any] = PipelineClient(
        base_url=link.cloud.graph,
        transport=link.transport,
        policies=[policy for policy in policies if not isinstance(policy, ClockPolicy)],
    )
    return DocumentClient(inner, subscription_id)
