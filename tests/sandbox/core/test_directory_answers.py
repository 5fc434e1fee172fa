"""Microsoft Graph, as far as programs ask it who somebody is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from azremedy.sandbox import graph
from azremedy.sandbox.http import Answer, Request
from azremedy.sandbox.tokens import BACKUP_SERVICE, BACKUP_SERVICE_OBJECT, CALLER, CALLER_OBJECT

HOST = "https://graph.microsoft.com"


def ask(path: str, *, method: str = "GET", body: Any = None, signed_in: bool = True) -> Answer:
    """Ask the directory."""
    content = json.dumps(body).encode() if body is not None else b""
    headers = {"authorization": "Bearer x"} if signed_in else {}
    answer = graph.answer(Request(method=method, url=HOST + path, headers=headers, body=content))
    assert answer
    return answer


@pytest.mark.parametrize(
    "path",
    [
        f"/v1.0/servicePrincipals?$filter=appId eq '{BACKUP_SERVICE}'",
        "/v1.0/servicePrincipals?$filter=displayName%20eq%20'Backup%20Management%20Service'",
        f"/beta/serviceprincipals?$filter=servicePrincipalNames/any(c:c eq '{BACKUP_SERVICE}')",
    ],
)
def test_principals_are_found_by_their_names(path: str) -> None:
    """The object id of the Backup Management Service is what everybody needs of it."""
    found = ask(path).body["value"]

    assert [BACKUP_SERVICE_OBJECT] == [each["id"] for each in found]


@pytest.mark.parametrize(
    "path",
    [
        f"/v1.0/servicePrincipals(appId='{CALLER}')",
        f"/v1.0/servicePrincipals/{CALLER_OBJECT}",
        f"/v1.0/directoryObjects/{CALLER_OBJECT}",
    ],
)
def test_one_principal_is_found_by_its_id(path: str) -> None:
    """By application and by object."""
    assert CALLER_OBJECT == ask(path).body["id"]


def test_ids_that_do_not_exist_are_left_out() -> None:
    """A list of ids gives those that there are."""
    body = {"ids": [CALLER_OBJECT.upper(), "no-such-id"]}

    found = ask("/v1.0/directoryObjects/getByIds", method="POST", body=body).body["value"]

    assert [CALLER] == [each["appId"] for each in found]


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/v1.0/servicePrincipals/none", "GET"),
        ("/v1.0/servicePrincipals(appId='none')", "GET"),
        ("/v1.0/users", "GET"),
        (f"/v1.0/servicePrincipals/{CALLER_OBJECT}", "DELETE"),
    ],
)
def test_everything_else_does_not_exist(path: str, method: str) -> None:
    """The directory of the sandbox holds two principals, and nothing changes them."""
    answer = ask(path, method=method)

    assert (404, "Request_ResourceNotFound") == (answer.status, answer.body["error"]["code"])


def test_nobody_is_told_without_a_token() -> None:
    """As with Azure, the directory answers to who has signed in."""
    answer = ask("/v1.0/servicePrincipals", signed_in=False)

    assert (401, "InvalidAuthenticationToken") == (answer.status, answer.body["error"]["code"])


def test_other_paths_are_not_the_directorys() -> None:
    """Resource Manager's requests go on to Resource Manager."""
    assert None is graph.answer(Request(method="GET", url="https://management.azure.com/x"))
