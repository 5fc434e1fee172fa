"""Find clouds by name and by their metadata."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
import trustme

from azremedy.errors import ConnectionFailedError, UsageError
from azremedy.gateways.clouds import CHINA, PUBLIC, US_GOVERNMENT, Cloud, find_cloud

if TYPE_CHECKING:
    from pathlib import Path

Serve: TypeAlias = Callable[..., str]
LOGIN = {
    "loginEndpoint": "https://login.contoso.test/",
    "audiences": ["https://management.core.contoso.test/", "https://management.contoso.test/"],
}


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Serve one document over TLS, trusted through REQUESTS_CA_BUNDLE only; gives the base URL."""
    authority = trustme.CA()
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    servers: list[HTTPServer] = []

    def start(make: Callable[[str], Any], status: int = 200) -> str:
        server = HTTPServer(("127.0.0.1", 0), _Handler)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        base = f"https://127.0.0.1:{server.server_address[1]}"
        document = make(base)
        body = document if isinstance(document, str) else json.dumps(document)
        server.__dict__.update(body=body.encode(), status=status, asked=[])
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return base

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Any

    def do_GET(self) -> None:
        """Answer with the document, at the metadata's path only."""
        found = self.path.startswith("/metadata/endpoints?api-version=")
        self.send_response(self.server.status if found else 404)
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_args: object) -> None:
        """Keep quiet."""


@pytest.mark.parametrize(
    ("name", "cloud"),
    [
        ("public", PUBLIC),
        ("AzureCloud", PUBLIC),
        ("china", CHINA),
        ("azurechinacloud", CHINA),
        ("usgov", US_GOVERNMENT),
        ("AzureUSGovernment", US_GOVERNMENT),
    ],
)
def test_a_cloud_is_known_by_its_names(name: str, cloud: Cloud) -> None:
    """Our names and the Azure CLI's mean the same, without case."""
    assert cloud == find_cloud(name)


def test_the_public_cloud_is_meant_when_nothing_is_said() -> None:
    """The default is Azure's public cloud, with the scope that ARM wants."""
    assert "https://management.azure.com/.default" == find_cloud().scope


@pytest.mark.parametrize("text", ["mars", "http://127.0.0.1/metadata", ""])
def test_what_is_no_cloud_is_a_usage_error(text: str) -> None:
    """The error names what may be given; plain http is not accepted."""
    with pytest.raises(UsageError) as caught:
        find_cloud(text)

    assert "usgov" in caught.value.advice


def test_metadata_of_2022_is_an_object(serve: Serve) -> None:
    """Name, resource manager, authority and the audience of ARM are taken from it."""
    base = serve(
        lambda _: {
            "name": "Contoso",
            "resourceManager": "https://management.contoso.test/",
            "authentication": LOGIN,
        }
    )

    assert Cloud(
        name="Contoso",
        resource_manager="https://management.contoso.test",
        authority="https://login.contoso.test",
        audience="https://management.contoso.test",
        custom=True,
    ) == find_cloud(base)


def test_metadata_of_2015_means_the_host_that_answered(serve: Serve) -> None:
    """The oldest form names no resource manager; its first audience is taken then."""
    base = serve(lambda _: {"galleryEndpoint": "", "authentication": LOGIN})

    cloud = find_cloud(f"{base}/metadata/endpoints?api-version=2015-01-01")

    assert base == cloud.resource_manager
    assert "https://management.core.contoso.test" == cloud.audience
    assert base.removeprefix("https://") == cloud.name


def test_metadata_of_2019_is_a_list_with_the_host_in_it(serve: Serve) -> None:
    """Of several clouds the one at the host that answered is meant."""
    base = serve(
        lambda host: [
            {
                "name": "Other",
                "resourceManager": "https://management.other.test",
                "authentication": LOGIN,
            },
            {"name": "Here", "resourceManager": f"{host}/", "authentication": LOGIN},
        ]
    )

    assert "Here" == find_cloud(base).name


def test_a_list_of_one_cloud_means_this_cloud(serve: Serve) -> None:
    """It need not be at the host that answered."""
    base = serve(
        lambda _: [
            {
                "name": "Only",
                "resourceManager": "https://management.only.test",
                "authentication": LOGIN,
            },
            {"name": "Broken", "authentication": None},
        ]
    )

    assert "Only" == find_cloud(base).name


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        "<html>Sign in to the hotel's network</html>",
        {"authentication": {"loginEndpoint": "https://login.test"}},
        [
            {"name": name, "resourceManager": f"https://{name}.test", "authentication": LOGIN}
            for name in ("one", "two")
        ],
    ],
)
def test_a_document_that_describes_no_cloud_is_a_usage_error(serve: Serve, document: Any) -> None:
    """Neither an empty nor a foreign document is guessed at."""
    base = serve(lambda _: document)

    with pytest.raises(UsageError, match=base):
        find_cloud(base)


def test_a_refusal_is_a_failed_connection(serve: Serve) -> None:
    """An error status is told with the URL."""
    base = serve(lambda _: {}, 503)

    with pytest.raises(ConnectionFailedError, match="503"):
        find_cloud(base)


def test_an_untrusted_certificate_is_a_failed_connection(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The advice names the variable that would help."""
    base = serve(lambda _: {})
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")

    with pytest.raises(ConnectionFailedError) as caught:
        find_cloud(base)

    assert "REQUESTS_CA_BUNDLE" in caught.value.advice
