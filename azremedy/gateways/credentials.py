"""Sign in with what is at hand: environment, workload or managed identity, Azure CLI and kin."""

from __future__ import annotations

import time
from dataclasses import dataclass
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

from azremedy.errors import SignInError
from azremedy.gateways.clouds import PUBLIC, Cloud

if TYPE_CHECKING:
    from azure.core.credentials import (
        AccessToken,
        AccessTokenInfo,
        SupportsTokenInfo,
        TokenRequestOptions,
    )

CLI_TIMEOUT_S = 30
SPENT_S = 300
"""Seconds before its end from which on a token is not used any more, as the SDK has it."""


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


class KeptTokens:
    """A credential that is asked for each token once, whoever wants it and from which thread.

    Each client of the SDK asks for itself, and not every credential keeps what it got: the Azure
    CLI would be started for each of them.

    Args:
        inner: the credential that signs in.
    """

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self._guard = Lock()
        self._kept: dict[object, AccessTokenInfo] = {}
        self._failed: dict[object, Exception] = {}

    def begin(self, scope: str) -> None:
        """Ask for a token in the background; that it fails is told to whoever asks first."""
        Thread(target=self._begin, args=(scope,), daemon=True).start()

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """Return a token, for those who know no other kind."""
        from azure.core.credentials import AccessToken  # noqa: PLC0415 - loads the SDK on use

        known = ("claims", "tenant_id", "enable_cae")
        given: Any = {name: options[name] for name in known if options.get(name)}
        found = self.get_token_info(*scopes, options=given)
        return AccessToken(found.token, found.expires_on)

    def get_token_info(
        self, *scopes: str, options: TokenRequestOptions | None = None
    ) -> AccessTokenInfo:
        """Return a token that is good for some minutes at least.

        Where a request names claims, Azure takes the tokens that were given so far no more; those
        who wait for a token with the same claims share it.
        """
        asked: TokenRequestOptions = options or {}
        key = (scopes, tuple(sorted(asked.items())))
        # Whoever comes before a token is there cannot have been refused with it.
        refused = self._kept.get(key) if asked.get("claims") else None
        with self._guard:
            kept = self._kept.get(key)
            if kept is not None and kept is not refused and not _is_spent(kept):
                return kept
            if (failure := self._failed.pop(key, None)) is not None:
                raise failure
            if asked.get("claims"):
                self._kept.clear()
            self._kept[key] = self._inner.get_token_info(*scopes, options=asked)
            return self._kept[key]

    def close(self) -> None:
        """Close the connections of the credential inside."""
        self._inner.close()

    def _begin(self, scope: str) -> None:
        key = ((scope,), ())
        with self._guard:
            if key in self._kept:
                return
            try:
                self._kept[key] = self._inner.get_token_info(scope, options={})
            except Exception as error:  # noqa: BLE001 - it is raised where the token is asked for
                self._failed[key] = error


def _is_spent(token: AccessTokenInfo) -> bool:
    # A token's times are the system's own, not Azure's: so does the SDK look at them.
    now = time.time()
    return token.expires_on - now < SPENT_S or (token.refresh_on or now + 1) <= now


def load_network() -> None:
    """Load what sends, which the SDK needs too."""
    import requests  # noqa: F401, PLC0415 - 0.1 s that --help need not pay


def load_credentials() -> None:
    """Load what signs in, for those who have nothing better to do just now."""
    import azure.identity  # noqa: F401, PLC0415 - loads the SDK on use


def default_credential(
    cloud: Cloud, tenant: str | None = None, *, transport: Any | None = None
) -> KeptTokens:
    """Make the SDK's default chain for a cloud, without any browser.

    Nothing is sent until a token is needed, so a missing sign-in shows at the first request as
    ``SignInError``. In the public cloud ``AZURE_AUTHORITY_HOST`` keeps its meaning; a custom
    cloud's authority is not looked up at Microsoft, which cannot know it.

    Args:
        cloud: whose sign-in service is used.
        tenant: the tenant of all tokens; each credential's own when left out.
        transport: an azure-core transport for the sign-in; over the network when left out.

    Raises:
        SignInError: what the environment says of a sign-in is incomplete or malformed.
    """
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415 - loads the SDK on use

    try:
        chain = DefaultAzureCredential(
            exclude_interactive_browser_credential=True,
            process_timeout=CLI_TIMEOUT_S,
            **({} if cloud == PUBLIC else {"authority": cloud.authority}),
            **({"disable_instance_discovery": True} if cloud.custom else {}),
            **({"additionally_allowed_tenants": [tenant]} if tenant else {}),
            **({"transport": transport} if transport else {}),
        )
    except ValueError as error:
        raise SignInError(
            f"The environment's sign-in cannot be used: {error}",
            advice="Look at the variables that begin with AZURE_: one is empty or malformed.",
        ) from error
    return KeptTokens(TenantCredential(chain, tenant) if tenant else chain)
