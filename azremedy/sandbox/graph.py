"""Serve the little of Microsoft Graph that Azure's programs need to name who holds a role."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from azremedy.sandbox.http import Answer, ArmError, Json, Request, ok
from azremedy.sandbox.tokens import BACKUP_SERVICE, BACKUP_SERVICE_OBJECT, CALLER, CALLER_OBJECT

if TYPE_CHECKING:
    from collections.abc import Callable

PUBLIC_GRAPH = "graph.microsoft.com"
"""Where public Azure's directory is asked."""

_PRINCIPALS = (
    (CALLER_OBJECT, CALLER, "Sandbox caller"),
    (BACKUP_SERVICE_OBJECT, BACKUP_SERVICE, "Backup Management Service"),
)
_VERSION = re.compile(r"/(v1\.0|beta)(/.*)$", re.IGNORECASE)
_BY_APP = re.compile(r"/servicePrincipals\(appId='([^']*)'\)$", re.IGNORECASE)
_BY_ID = re.compile(r"/(?:servicePrincipals|directoryObjects)/([^/]+)$", re.IGNORECASE)
_QUOTED = re.compile(r"'([^']*)'")


def is_asked(request: Request) -> bool:
    """Tell whether a request is for the directory."""
    return bool(_VERSION.match(request.path))


def answer(request: Request) -> Answer | None:
    """Answer a request to the directory; None for anything else."""
    found = _VERSION.match(request.path)
    if not found:
        return None
    if not request.headers.get("authorization"):
        return ArmError(401, "InvalidAuthenticationToken", "Access token is empty.").answer()
    try:
        return ok(_looked_up(request, found[2]))
    except ArmError as error:
        return error.answer()


def _looked_up(request: Request, path: str) -> Json:
    """Find principals.

    Source: learn.microsoft.com/graph/api/directoryobject-getbyids (ids that do not exist are left
    out) and learn.microsoft.com/graph/api/serviceprincipal-list.
    """
    if path.lower() == "/directoryobjects/getbyids" and request.method == "POST":
        ids = {str(each).lower() for each in (request.json() or {}).get("ids", ())}
        return {"value": _those(lambda principal: principal["id"] in ids)}
    if request.method == "GET" and path.lower() == "/serviceprincipals":
        return {"value": _those(_filter(request))}
    if request.method == "GET" and (one := _one(path)):
        return one
    message = f"Resource '{path.rpartition('/')[2]}' does not exist in the sandbox's directory."
    raise ArmError(404, "Request_ResourceNotFound", message)


def _one(path: str) -> Json | None:
    by_app, by_id = _BY_APP.match(path), _BY_ID.match(path)
    found: list[Json] = []
    if by_app:
        found = _those(lambda principal: principal["appId"] == by_app[1].lower())
    elif by_id:
        found = _those(lambda principal: principal["id"] == by_id[1].lower())
    return found[0] if found else None


def _filter(request: Request) -> Callable[[Json], bool]:
    """Keep the principals of which every quoted value of the filter is a name."""
    query = dict(parse_qsl(urlsplit(request.url).query))
    wanted = {value.lower() for value in _QUOTED.findall(query.get("$filter", ""))}
    return lambda principal: (
        wanted <= {principal["id"], principal["appId"], principal["displayName"].lower()}
    )


def _those(keep: Callable[[Json], bool]) -> list[Json]:
    return [found for found in map(_principal, _PRINCIPALS) if keep(found)]


def _principal(names: tuple[str, str, str]) -> Json:
    object_id, app_id, name = names
    return {
        "@odata.type": "#microsoft.graph.servicePrincipal",
        "id": object_id,
        "appId": app_id,
        "appDisplayName": name,
        "displayName": name,
        "accountEnabled": True,
        "servicePrincipalNames": [app_id],
        "servicePrincipalType": "Application",
    }
