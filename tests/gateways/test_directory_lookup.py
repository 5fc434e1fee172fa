"""The backup service's account is looked up in Microsoft Graph, and nothing else is asked there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
from azure.core.credentials import AccessToken

from azremedy.errors import (
    AzureError,
    ConnectionFailedError,
    NotFoundError,
    PermissionDeniedError,
    SignInError,
    UsageError,
)
from azremedy.gateways.clients import SessionOptions
from azremedy.gateways.clouds import CHINA, PUBLIC, US_GOVERNMENT, Cloud, parse_metadata
from azremedy.gateways.session import Session
from azremedy.sandbox.transport import SandboxCredential

if TYPE_CHECKING:
    from tests.gateways.conftest import EnterWorld, MakeScripted, Scripted

SERVICE = "77777777-7777-7777-7777-777777777777"
SUBSCRIPTION = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"
WORLD = "user-error-keyvault-permissions-not-configured"
FOUND = {"value": [{"id": SERVICE}]}
NO_METADATA = Cloud(name="AzureCloud", resource_manager="", authority="", audience="")


class Watched:
    """A credential that keeps what it was asked for."""

    def __init__(self) -> None:
        self.scopes: list[tuple[str, ...]] = []

    def get_token(self, *scopes: str, **_options: Any) -> AccessToken:
        """Give a token."""
        self.scopes.append(scopes)
        return AccessToken("token", 4_102_444_800)


def test_account_is_found_in_a_world(enter_world: EnterWorld) -> None:
    """A sandbox in the same process answers for the directory too, also to who only reads."""
    world = enter_world(WORLD, SessionOptions(read_only=True))

    assert SERVICE == world.azure.directory.find_backup_service()
    assert [] == world.transport.writes()


def test_one_filtered_request_is_sent(scripted: Scripted) -> None:
    """The directory is asked for one id by the application's, with the client's own pipeline."""
    azure = scripted.play(scripted.reply(body=FOUND))

    found = azure.directory.find_backup_service()

    (sent,) = scripted.transport.sent
    assert SERVICE == found
    assert ("GET", "/v1.0/servicePrincipals") == (sent.method, sent.path)
    assert sent.url == (
        "https://graph.microsoft.com/v1.0/servicePrincipals"
        "?$filter=appId%20eq%20'262044b1-e2ce-469f-a196-69ab7ada62d3'&$select=id"
    )
    assert sent.headers["user-agent"].startswith("azremedy/")


def test_token_is_for_the_directory(make_scripted: MakeScripted) -> None:
    """The token is asked for Microsoft Graph, never Resource Manager's shown to it."""
    made, watched = make_scripted(), Watched()
    made.transport.play(made.reply(body=FOUND))

    with Session(watched, transport=made.transport) as session:
        session.subscription(SUBSCRIPTION).directory.find_backup_service()

    assert [("https://graph.microsoft.com/.default",)] == watched.scopes


def test_clock_is_resource_managers(scripted: Scripted) -> None:
    """What the directory says of the time is not taken for Azure's."""
    before = scripted.session.clock.now()
    date = {"Date": "Fri, 01 Jan 2100 00:00:00 GMT"}
    azure = scripted.play(scripted.reply(body=FOUND, headers=date))

    azure.directory.find_backup_service()

    assert 1 > (scripted.session.clock.now() - before).total_seconds() / 3600


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (403, {"error": {"code": "Authorization_RequestDenied"}}, PermissionDeniedError),
        (401, {"error": {"code": "InvalidAuthenticationToken"}}, SignInError),
        (200, {"value": []}, NotFoundError),
        (200, {"value": [{"id": "1"}, {"id": "2"}]}, AzureError),
    ],
)
def test_no_account_is_an_error(
    scripted: Scripted, status: int, body: Any, expected: type[Exception]
) -> None:
    """No account, or more than one, is never taken for an answer."""
    azure = scripted.play(scripted.reply(status=status, body=body))

    with pytest.raises(expected):
        azure.directory.find_backup_service()


def test_denial_advises_the_way_around(scripted: Scripted) -> None:
    """Who may not read the directory is told how to get the id from somebody who may."""
    azure = scripted.play(scripted.reply(status=403, body={"error": {"code": "Denied"}}))

    with pytest.raises(PermissionDeniedError) as caught:
        azure.directory.find_backup_service()

    assert "az ad sp show --id 262044b1-e2ce-469f-a196-69ab7ada62d3" in caught.value.advice
    assert caught.value.answer is not None
    assert 403 == caught.value.answer.status


@pytest.mark.parametrize("cloud", [CHINA, US_GOVERNMENT, NO_METADATA], ids=lambda c: c.name)
def test_other_clouds_need_the_id(cloud: Cloud) -> None:
    """Where the application is another, or the directory is not known, nothing is guessed."""
    with Session(SandboxCredential(), cloud) as session:
        directory = session.subscription(SUBSCRIPTION).directory

        with pytest.raises(UsageError) as caught:
            directory.find_backup_service()

    assert "--object-id" in caught.value.advice


def test_cloud_of_metadata_names_its_directory() -> None:
    """A cloud that is read from metadata brings its directory along."""
    document = {
        "resourceManager": "https://arm.local/",
        "microsoftGraphResourceId": "https://graph.local/",
        "authentication": {"loginEndpoint": "https://login.local/", "audiences": ["https://arm/"]},
    }

    found = parse_metadata(document, "https://arm.local/metadata/endpoints")

    assert ("https://graph.local", "https://graph.microsoft.com") == (found.graph, PUBLIC.graph)


def test_lost_connection_is_told(scripted: Scripted) -> None:
    """A directory that cannot be reached is said to be so."""
    azure = scripted.play(requests.ConnectionError("unreachable"))

    with pytest.raises(ConnectionFailedError):
        azure.directory.find_backup_service()
