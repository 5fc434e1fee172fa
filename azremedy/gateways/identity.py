"""Name who signed in, from the token that Resource Manager gets anyway."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from azremedy.gateways.translate import translating

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

# The claims that name a person or a program, the most telling first.
# Source: learn.microsoft.com/entra/identity-platform/access-token-claims-reference.
_NAMES = ("upn", "preferred_username", "unique_name", "app_displayname", "appid", "azp", "oid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who signed in, as far as the token tells. It names; it proves nothing."""

    name: str = ""
    """A user's name, a program's id, or an object id."""
    object_id: str = ""
    """The object id in the tenant."""
    tenant_id: str = ""
    """The tenant."""


def read_caller(credential: TokenCredential, scope: str) -> Caller:
    """Read who signed in. Sends nothing where a token is at hand. Safe to repeat.

    Raises:
        SignInError: no credential worked.
    """
    with translating("signing in"):
        token = credential.get_token(scope).token
    claims = _read_claims(token)
    return Caller(
        name=next((str(claims[name]) for name in _NAMES if claims.get(name)), ""),
        object_id=str(claims.get("oid") or ""),
        tenant_id=str(claims.get("tid") or ""),
    )


def _read_claims(token: str) -> dict[str, Any]:
    """Read a token's claims; one that is no JSON Web Token has none."""
    try:
        body = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (IndexError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}
