"""Know where Azure Resource Manager and its sign-in are: public, China, US Government or custom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from azremedy.errors import ConnectionFailedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

METADATA_PATH = "/metadata/endpoints?api-version=2022-09-01"
TIMEOUT_S = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """One Azure cloud's addresses."""

    name: str
    """``public``, ``china``, ``usgov``, or what a custom cloud calls itself."""
    resource_manager: str
    """Base URL of Azure Resource Manager, without a slash at its end."""
    authority: str
    """Base URL of the sign-in service, without a slash at its end."""
    audience: str
    """Whom the tokens are for; some custom clouds need the slash at its end, so it is kept."""
    graph: str = ""
    """Base URL of Microsoft Graph, without a slash at its end; empty where the cloud's metadata
    name none."""
    custom: bool = False
    """Whether it was read from a metadata URL: its authority is then unknown to Microsoft."""

    @property
    def scope(self) -> str:
        """What is asked for at the sign-in service."""
        return f"{self.audience}/.default"


# Source: azure-mgmt-core 1.6 get_arm_endpoints, azure-identity AzureAuthorityHosts, and
# learn.microsoft.com/graph/deployments.
PUBLIC = Cloud(
    name="public",
    resource_manager="https://management.azure.com",
    authority="https://login.microsoftonline.com",
    audience="https://management.azure.com",
    graph="https://graph.microsoft.com",
)
CHINA = Cloud(
    name="china",
    resource_manager="https://management.chinacloudapi.cn",
    authority="https://login.chinacloudapi.cn",
    audience="https://management.chinacloudapi.cn",
    graph="https://microsoftgraph.chinacloudapi.cn",
)
US_GOVERNMENT = Cloud(
    name="usgov",
    resource_manager="https://management.usgovcloudapi.net",
    authority="https://login.microsoftonline.us",
    audience="https://management.core.usgovcloudapi.net",
    graph="https://graph.microsoft.us",
)
_BY_NAME = {
    "public": PUBLIC,
    "azurecloud": PUBLIC,
    "china": CHINA,
    "azurechinacloud": CHINA,
    "usgov": US_GOVERNMENT,
    "azureusgovernment": US_GOVERNMENT,
}


def find_cloud(name_or_metadata_url: str = "public") -> Cloud:
    """Return a cloud by its name, or read it from a URL of cloud metadata.

    Names are ``public``, ``china``, ``usgov`` and the Azure CLI's ``AzureCloud``,
    ``AzureChinaCloud``, ``AzureUSGovernment``. A URL without a path gets the usual one. The
    proxy and CA variables ``HTTPS_PROXY`` and ``REQUESTS_CA_BUNDLE`` hold.

    Raises:
        UsageError: unknown name, or a document that describes no cloud.
        ConnectionFailedError: the URL did not answer.
    """
    if (known := _BY_NAME.get(name_or_metadata_url.lower())) is not None:
        return known
    url = name_or_metadata_url
    if not url.lower().startswith("https://"):
        raise UsageError(
            f"'{url}' is not a cloud",
            advice="Give public, china, usgov or an https URL of cloud metadata.",
        )
    if urlsplit(url).path in {"", "/"}:
        url = url.rstrip("/") + METADATA_PATH
    return parse_metadata(_fetch(url), url)


def _fetch(url: str) -> Any:
    import requests  # noqa: PLC0415 - only a custom cloud needs it

    try:
        answer = requests.get(url, timeout=TIMEOUT_S)
        answer.raise_for_status()
        return answer.json()
    except requests.JSONDecodeError as error:
        raise UsageError(f"{url} did not answer with JSON, so it is no cloud metadata") from error
    except requests.RequestException as error:
        raise ConnectionFailedError(f"reading cloud metadata from {url}: {error}") from error


def parse_metadata(document: Any, url: str) -> Cloud:
    """Read a metadata document: the object form (2015-01-01, 2022-09-01) or the list (2019-05-01).

    The oldest form names no resource manager: it is then the host that answered. Of a list, the
    entry whose resource manager is that host is meant, or the only one.

    Raises:
        UsageError: when the document describes no cloud, or several and none at this host.
    """
    host = "{0.scheme}://{0.netloc}".format(urlsplit(url))
    entries = document if isinstance(document, list) else [document]
    fitting = [entry for entry in entries if _is_cloud(entry)]
    here = [entry for entry in fitting if _trimmed(entry.get("resourceManager")) == host.lower()]
    for candidates in (here, fitting):
        if len(candidates) == 1:
            return _cloud(candidates[0], host)
    raise UsageError(f"{url} describes {len(fitting)} clouds, none of them at {host}")


def _is_cloud(entry: Any) -> bool:
    login = entry.get("authentication") if isinstance(entry, dict) else None
    return isinstance(login, dict) and bool(login.get("loginEndpoint") and login.get("audiences"))


def _trimmed(url: object) -> str:
    return str(url or "").rstrip("/").lower()


def _cloud(entry: Mapping[str, Any], host: str) -> Cloud:
    manager = str(entry.get("resourceManager") or host).rstrip("/")
    audiences = [str(audience) for audience in entry["authentication"]["audiences"]]
    own = [audience for audience in audiences if _trimmed(audience) == manager.lower()]
    return Cloud(
        name=str(entry.get("name") or urlsplit(manager).netloc),
        resource_manager=manager,
        authority=str(entry["authentication"]["loginEndpoint"]).rstrip("/"),
        audience=(own or audiences)[0].rstrip("/"),
        graph=str(entry.get("microsoftGraphResourceId") or "").rstrip("/"),
        custom=True,
    )
