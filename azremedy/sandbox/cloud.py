"""Describe the sandbox as an Azure cloud, so that clients find its endpoints by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from azremedy.sandbox.graph import PUBLIC_GRAPH
from azremedy.sandbox.http import Answer, Request, ok
from azremedy.sandbox.tokens import TENANT

if TYPE_CHECKING:
    from azremedy.sandbox.http import Json

PUBLIC_ARM = "management.azure.com"
"""Where public Azure's Resource Manager is."""
PUBLIC_LOGIN = "login.microsoftonline.com"
"""Where public Azure signs in."""

_OLDEST = "2015-01-01"
_LIST = "2019-05-01"


def answer(request: Request) -> Answer | None:
    """Answer `/metadata/endpoints` in the form of its api-version; None for anything else."""
    if request.method != "GET" or request.path.lower() != "/metadata/endpoints":
        return None
    if request.api_version == _OLDEST:
        return ok(_first_form(request))
    cloud = _cloud(request)
    return ok([cloud] if request.api_version == _LIST else cloud)


def _login(request: Request) -> str:
    is_public = urlsplit(request.base).hostname == PUBLIC_ARM
    return f"https://{PUBLIC_LOGIN}" if is_public else request.base


def _graph(request: Request) -> str:
    is_public = urlsplit(request.base).hostname == PUBLIC_ARM
    return f"https://{PUBLIC_GRAPH}" if is_public else request.base


def _audiences(request: Request) -> list[str]:
    return ["https://management.core.windows.net/", f"https://{PUBLIC_ARM}/", f"{request.base}/"]


def _first_form(request: Request) -> Json:
    return {
        "galleryEndpoint": request.base,
        "graphEndpoint": request.base,
        "portalEndpoint": request.base,
        "authentication": {"loginEndpoint": _login(request), "audiences": _audiences(request)},
    }


def _cloud(request: Request) -> Json:
    return {
        "name": "AzureCloud",
        "portal": request.base,
        "resourceManager": request.base,
        "authentication": {
            "loginEndpoint": _login(request),
            "audiences": _audiences(request),
            "tenant": TENANT,
            "identityProvider": "AAD",
        },
        "graph": request.base,
        "graphAudience": f"{request.base}/",
        "microsoftGraphResourceId": f"{_graph(request)}/",
        "gallery": request.base,
        "sqlManagement": request.base,
        "batch": request.base,
        "media": request.base,
        "suffixes": {
            "storage": "core.windows.net",
            "keyVaultDns": "vault.azure.net",
            "sqlServerHostname": "database.windows.net",
        },
    }
