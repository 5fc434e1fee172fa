"""Sign in with what is at hand: environment, workload or managed identity, Azure CLI and kin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from azremedy.gateways.clouds import PUBLIC, Cloud

if TYPE_CHECKING:
    from azure.core.credentials import (
        AccessToken,
        AccessTokenInfo,
        SupportsTokenInfo,
        TokenCredential,
        TokenRequestOptions,
    )

CLI_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class TenantCredential:
    """A credential that asks for every token in one tenant.

    DefaultAzureCredential has no tenant of its own, and its Azure CLI, Azure Developer CLI and
    PowerShell members take none from it; each of them does honour the tenant of a request.
    A managed identity lives in one tenant and ignores it.
    """

    inner: Any
    """The credential that signs in."""
    tenant: str
    """The tenant's GUID or domain."""

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """Return a token of the tenant; another tenant in the request wins."""
        token: AccessToken = self.inner.get_token(
            *scopes, **{**options, "tenant_id": options.get("tenant_id") or self.tenant}
        )
        return token

    def get_token_info(
        self, *scopes: str, options: TokenRequestOptions | None = None
    ) -> AccessTokenInfo:
        """Return a token of the tenant; another tenant in the request wins."""
        asked: TokenRequestOptions = {"tenant_id": self.tenant}
        credential: SupportsTokenInfo = self.inner
        return credential.get_token_info(*scopes, options={**asked, **(options or {})})

    def close(self) -> None:
        """Close the connections of the credential inside."""
        self.inner.close()


def default_credential(
    cloud: Cloud, tenant: str | None = None, *, transport: Any | None = None
) -> TokenCredential:
    """Make the SDK's default chain for a cloud, without any browser.

    Nothing is sent until a token is needed, so a missing sign-in shows at the first request as
    ``SignInError``. In the public cloud ``AZURE_AUTHORITY_HOST`` keeps its meaning; a custom
    cloud's authority is not looked up at Microsoft, which cannot know it.

    Args:
        cloud: whose sign-in service is used.
        tenant: the tenant of all tokens; each credential's own when left out.
        transport: an azure-core transport for the sign-in; over the network when left out.
    """
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415 - loads the SDK on use

    chain = DefaultAzureCredential(
        exclude_interactive_browser_credential=True,
        process_timeout=CLI_TIMEOUT_S,
        **({} if cloud == PUBLIC else {"authority": cloud.authority}),
        **({"disable_instance_discovery": True} if cloud.custom else {}),
        **({"additionally_allowed_tenants": [tenant]} if tenant else {}),
        **({"transport": transport} if transport else {}),
    )
    return TenantCredential(chain, tenant) if tenant else chain
