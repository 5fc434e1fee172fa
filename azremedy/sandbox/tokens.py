"""Write tokens that look like Entra's. Nobody checks them, so nothing signs them."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azremedy.sandbox.http import Json

TENANT = "11111111-1111-1111-1111-111111111111"
"""The tenant of every sandbox."""
CALLER = "55555555-5555-5555-5555-555555555555"
"""The client id of the sandbox's caller."""
CALLER_OBJECT = "66666666-6666-6666-6666-666666666666"
"""The object id of the sandbox's caller."""
BACKUP_SERVICE = "262044b1-e2ce-469f-a196-69ab7ada62d3"
"""The application id of the Backup Management Service in public Azure, the same in every tenant.

Source: learn.microsoft.com/azure/backup/backup-azure-vms-automation.
"""
BACKUP_SERVICE_OBJECT = "77777777-7777-7777-7777-777777777777"
"""The object id of the Backup Management Service in the sandbox's tenant."""
LIFETIME_S = 86_400
"""How long a token lives unless the world is served otherwise."""


def access_token(*, client: str, audience: str, now: float, life_s: int = LIFETIME_S) -> str:
    """Write an access token; `now` is in seconds since 1970."""
    claims = {
        "aud": audience,
        "iss": f"https://sts.windows.net/{TENANT}/",
        "iat": int(now),
        "nbf": int(now),
        "exp": int(now) + life_s,
        "appid": client,
        "oid": CALLER_OBJECT,
        "sub": CALLER_OBJECT,
        "tid": TENANT,
        "idtyp": "app",
        "ver": "1.0",
    }
    return jwt(claims)


def expiry(token: str) -> float | None:
    """Read when a token ends, in seconds since 1970; None when it does not say."""
    try:
        claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
        return float(claims["exp"])
    except (IndexError, KeyError, TypeError, ValueError):
        return None


def jwt(claims: Mapping[str, Json]) -> str:
    """Write a JSON web token with a signature that proves nothing."""
    parts = ({"alg": "RS256", "typ": "JWT"}, claims)
    encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts)
    return ".".join([*(part.rstrip("=") for part in encoded), "c2FuZGJveA"])
