"""Serve sign-in: the parts of Entra and of managed identity that Azure's clients ask for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from azremedy.sandbox import tokens
from azremedy.sandbox.http import Answer, Json, Request, ok

if TYPE_CHECKING:
    from collections.abc import Callable

_ARM = "https://management.azure.com"
_CONFIGURATION = re.compile(r"/([^/]+)(/v2\.0)?/\.well-known/openid-configuration$", re.IGNORECASE)
_TOKEN = re.compile(r"/([^/]+)/oauth2(/v2\.0)?/token$", re.IGNORECASE)

WRONG_SECRET = "wrong"  # noqa: S105 # the one that is refused
"""The client secret that the sandbox refuses, to rehearse a failed sign-in; any other will do."""


def answer(request: Request, *, now: float, life_s: int = tokens.LIFETIME_S) -> Answer | None:
    """Answer a request for sign-in; None when it is none.

    `now` is in seconds since 1970; the tokens last `life_s` seconds.
    """
    if request.method == "GET" and _CONFIGURATION.match(request.path):
        return ok(_configuration(request))
    if request.method == "GET" and request.path.lower() == "/common/discovery/instance":
        return ok(_instances(request))
    if request.method == "POST" and _TOKEN.match(request.path):
        return _token(request, now, life_s)
    return None


def managed_identity(
    request: Request, *, now: float, life_s: int = tokens.LIFETIME_S
) -> Answer | None:
    """Answer a request for a managed identity's token; None when it is none."""
    if request.path.lower() == "/metadata/identity/oauth2/token":
        return _identity(request, now, life_s=life_s, allowed=_has_metadata)
    if request.path.lower() == "/msi/token":
        return _identity(request, now, life_s=life_s, allowed=_has_identity_header)
    return None


def _configuration(request: Request) -> Json:
    tenant = request.segments[0]
    version = "/v2.0" if "v2.0" in request.path.lower() else ""
    base = f"{request.base}/{tenant}"
    return {
        "issuer": f"{base}{version or '/'}",
        "authorization_endpoint": f"{base}/oauth2{version}/authorize",
        "token_endpoint": f"{base}/oauth2{version}/token",
        "device_authorization_endpoint": f"{base}/oauth2{version}/devicecode",
        "end_session_endpoint": f"{base}/oauth2{version}/logout",
        "jwks_uri": f"{base}/discovery{version}/keys",
        "userinfo_endpoint": f"{request.base}/oidc/userinfo",
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": [
            "client_secret_post",
            "private_key_jwt",
            "client_secret_basic",
        ],
        "tenant_region_scope": "EU",
        "cloud_instance_name": urlsplit(request.base).netloc,
    }


def _instances(request: Request) -> Json:
    host = urlsplit(request.base).netloc
    aliases = [host, "login.microsoftonline.com", "login.windows.net", "sts.windows.net"]
    configuration = f"{tokens.TENANT}/v2.0/.well-known/openid-configuration"
    return {
        "tenant_discovery_endpoint": f"{request.base}/{configuration}",
        "api-version": "1.1",
        "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": aliases}],
    }


def _token(request: Request, now: float, life_s: int) -> Answer:
    form = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    client = form.get("client_id", tokens.CALLER)
    if form.get("client_secret") == WRONG_SECRET:
        return _refused(client)
    audience = form.get("resource") or form.get("scope", _ARM).split(" ")[0]
    audience = audience.removesuffix("/.default").rstrip("/")
    body: Json = {
        "token_type": "Bearer",
        "expires_in": life_s,
        "ext_expires_in": life_s,
        "access_token": tokens.access_token(
            client=client, audience=audience, now=now, life_s=life_s
        ),
    }
    if form.get("grant_type") not in {"client_credentials", None}:
        body["refresh_token"] = "sandbox-refresh-token"  # noqa: S105 # no secret: it opens nothing
        body["scope"] = form.get("scope", "")
    if "resource" in form:
        body |= {"resource": form["resource"], "expires_on": str(int(now) + life_s)}
    return ok(body)


def _refused(client: str) -> Answer:
    text = (
        "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the "
        "request is the client secret value, not the client secret ID, for a secret added to "
        f"app '{client}'."
    )
    body = {"error": "invalid_client", "error_description": text, "error_codes": [7000215]}
    return Answer(status=401, body=body)


def _identity(
    request: Request, now: float, *, life_s: int, allowed: Callable[[Request], bool]
) -> Answer:
    resource = request.query.get("resource", "")
    if not allowed(request) or not resource:
        text = "Required metadata header or resource not specified"
        return Answer(status=400, body={"error": "invalid_request", "error_description": text})
    client = request.query.get("client_id", tokens.CALLER)
    body = {
        "access_token": tokens.access_token(
            client=client, audience=resource, now=now, life_s=life_s
        ),
        "client_id": client,
        "expires_in": str(life_s),
        "expires_on": str(int(now) + life_s),
        "resource": resource,
        "token_type": "Bearer",
    }
    return ok(body)


def _has_metadata(request: Request) -> bool:
    return request.headers.get("metadata", "").lower() == "true"


def _has_identity_header(request: Request) -> bool:
    return bool(request.headers.get("x-identity-header"))
