"""Read where a container is, and connect to it as whoever is signed in."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from azremedy.errors import UsageError
from azremedy.gateways.blobs import BlobsGateway
from azremedy.gateways.clouds import CHINA, PUBLIC, US_GOVERNMENT, Cloud, find_cloud
from azremedy.gateways.credentials import default_credential

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azure.storage.blob import ContainerClient

CONNECTION = "AZREMEDY_STATE_CONNECTION"
"""Names the variable with a connection string, for where nobody can sign in."""
_FORM = "https://ACCOUNT.blob.core.windows.net/CONTAINER[/PREFIX]"
# Source: learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--
# and-metadata (2025-08-01).
_CONTAINER = re.compile(r"(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*")
_SUFFIXES = {
    ".core.windows.net": PUBLIC,
    ".core.chinacloudapi.cn": CHINA,
    ".core.usgovcloudapi.net": US_GOVERNMENT,
}
# As for the other commands: the first that is set.
_CLOUDS = ("AZREMEDY_CLOUD", "ARM_CLOUD_METADATA_URL")


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobPlace:
    """A container, or what lies under a prefix in it."""

    endpoint: str
    """The account's URL, without a slash at its end."""
    container: str
    """The container's name."""
    prefix: str = ""
    """What all names begin with; empty, or with a slash at its end."""

    @property
    def url(self) -> str:
        """The place's URL, without a slash at its end."""
        return f"{self.endpoint}/{self.container}/{self.prefix}".rstrip("/")

    @property
    def cloud(self) -> Cloud | None:
        """Whose sign-in service knows those who may read it; ``None`` when the URL does not say."""
        host = urlsplit(self.endpoint).hostname or ""
        return next((cloud for end, cloud in _SUFFIXES.items() if host.endswith(end)), None)


def parse_place(url: str) -> BlobPlace:
    """Read a container's URL.

    An emulator on this machine has the account in the path, and may be without TLS.

    Raises:
        UsageError: it is none, or holds a signature or a password; such a URL is not repeated.
    """
    parts = _split(url)
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise UsageError(
            "The URL of the runs' container holds more than a place",
            advice=f"Leave what follows '?' out: a signature goes into {CONNECTION}.",
        )
    local = _is_local(parts.hostname or "")
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise _no_place(url)
    segments = [each for each in parts.path.split("/") if each]
    account, rest = (segments[:1], segments[1:]) if local else ([], segments)
    if not rest or _CONTAINER.fullmatch(rest[0]) is None or ".." in rest:
        raise _no_place(url)
    return BlobPlace(
        endpoint="/".join((f"{parts.scheme}://{parts.netloc}", *account)),
        container=rest[0],
        prefix="".join(f"{each}/" for each in rest[1:]),
    )


def open_blobs(url: str, *, env: Mapping[str, str], below: str = "") -> BlobsGateway:
    """Connect to a container as whoever is signed in. Sends nothing but for a custom cloud's URL.

    Args:
        url: the container's.
        env: the environment; ``AZREMEDY_STATE_CONNECTION`` in it goes before any sign-in, and
            ``AZREMEDY_CLOUD`` says where to sign in for a host that is none of Azure's own.
        below: a further part of the prefix.

    Raises:
        UsageError: no such place can be, its connection string is another account's, or
            azure-storage-blob is not installed.
        ConnectionFailedError: a custom cloud does not say where to sign in.
    """
    place = parse_place(url)
    if below:
        place = replace(place, prefix=f"{place.prefix}{below}/")
    if text := env.get(CONNECTION):
        return BlobsGateway(_connect_by(text, place), place)
    named = next((env[name] for name in _CLOUDS if env.get(name)), "public")
    credential = default_credential(place.cloud or find_cloud(named))
    client = _load().ContainerClient(
        place.endpoint, place.container, credential=credential, **_options()
    )
    return BlobsGateway(client, place, credential)


def _connect_by(text: str, place: BlobPlace) -> ContainerClient:
    """Connect with a connection string, of which no error repeats anything."""
    blob = _load()
    try:
        client: ContainerClient = blob.ContainerClient.from_connection_string(
            text, place.container, **_options()
        )
    except ValueError:
        raise UsageError(
            f"{CONNECTION} is no connection string of a storage account", advice=""
        ) from None
    if client.url.partition("?")[0].rstrip("/").lower() != _own_url(place):
        client.close()
        raise UsageError(
            f"{CONNECTION} is for another account than {place.endpoint}",
            advice="Give the account's own, or leave it out and sign in.",
        )
    return client


def _own_url(place: BlobPlace) -> str:
    return f"{place.endpoint}/{place.container}".lower()


def _load() -> Any:
    try:
        from azure.storage import blob  # noqa: PLC0415 - optional
    except ImportError as error:
        raise UsageError(
            "Runs can be kept in a container only with azure-storage-blob",
            advice="Install it: pip install 'azremedy[blob]'.",
        ) from error
    return blob


def _options() -> dict[str, Any]:
    """Give up after some seconds where nobody answers: a change waits for each entry."""
    retry = _load().LinearRetry(backoff=2, retry_total=3, random_jitter_range=1)
    return {"retry_policy": retry, "connection_timeout": 10, "read_timeout": 20}


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError as error:
        raise _no_place("what was given") from error


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _no_place(url: str) -> UsageError:
    return UsageError(f"'{url}' is no container for runs", advice=f"Give {_FORM}, or a folder.")
