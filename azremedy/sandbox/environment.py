"""Say which environment variables point Azure's clients at a sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.sandbox.tokens import CALLER, TENANT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from azremedy.sandbox.http import Json
    from azremedy.sandbox.world import World

_PREFIXES = ("AZURE_", "ARM_", "IDENTITY_", "MSI_", "IMDS_")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


def ready_document(world: World, *, arm: str, identity: str, ca_bundle: Path) -> Json:
    """Write what a served sandbox tells about itself."""
    return {
        "arm": arm,
        "authority": arm,
        "ca_bundle": str(ca_bundle),
        "env": {
            **signed_in(world, ca_bundle),
            "AZURE_AUTHORITY_HOST": arm,
            "AZURE_POD_IDENTITY_AUTHORITY_HOST": identity,
            "ARM_CLOUD_METADATA_URL": f"{arm}/metadata/endpoints?api-version=2019-05-01",
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
        },
    }


def signed_in(world: World, ca_bundle: Path) -> dict[str, str]:
    """Give the variables that both ways in share: who signs in, and whom to trust.

    Instance discovery of the Azure CLI is off: it would ask Microsoft about this authority.
    """
    subscriptions = world.documents.of_type("Microsoft.Resources/subscriptions")
    bundle = str(ca_bundle)
    return {
        "AZURE_TENANT_ID": TENANT,
        "AZURE_CLIENT_ID": CALLER,
        "AZURE_CLIENT_SECRET": "sandbox",
        "AZURE_SUBSCRIPTION_ID": subscriptions[0]["subscriptionId"] if subscriptions else "",
        "AZURE_CORE_INSTANCE_DISCOVERY": "false",
        "AZURE_CORE_COLLECT_TELEMETRY": "no",
        "AZURE_CORE_LOGIN_EXPERIENCE_V2": "off",
        "REQUESTS_CA_BUNDLE": bundle,
        "CURL_CA_BUNDLE": bundle,
        "SSL_CERT_FILE": bundle,
        "NODE_EXTRA_CA_CERTS": bundle,
    }


def without_azure(parent: Mapping[str, str]) -> dict[str, str]:
    """Copy an environment without what could lead a child past the sandbox."""
    return {
        name: value
        for name, value in parent.items()
        if not name.startswith(_PREFIXES) and name.upper() not in _PROXIES
    }
