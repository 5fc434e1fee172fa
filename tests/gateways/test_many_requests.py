"""Many threads and repeated requests: none waits for a connection that nobody gives back."""

from __future__ import annotations

import json
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import TYPE_CHECKING

import trustme
from azure.core.credentials import AccessToken

from azremedy.gateways.clients import SessionOptions
from azremedy.gateways.clouds import PUBLIC
from azremedy.gateways.rates import AT_ONCE, Rates
from azremedy.gateways.session import Session
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
COLLECTIONS = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute"
MANY = AT_ONCE + 8


@dataclass
class Seen:
    """What a server has been asked."""

    guard: Lock = field(default_factory=Lock)
    paths: set[str] = field(default_factory=set)
    at_once: int = 0
    most: int = 0


class Signed:
    """A credential that is always good."""

    def get_token(self, *_scopes: str, **_options: object) -> AccessToken:
        """Give a token."""
        return AccessToken("t", 4_000_000_000)


def make_handler(seen: Seen) -> type[BaseHTTPRequestHandler]:
    """Make what throttles each deletion once, with a body that the SDK does not read."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_DELETE(self) -> None:
            with seen.guard:
                is_first = self.path not in seen.paths
                seen.paths.add(self.path)
                seen.at_once += 1
                seen.most = max(seen.most, seen.at_once)
            body = json.dumps({"error": {"code": "TooManyRequests", "message": "x"}}).encode()
            self.send_response(429 if is_first else 204)
            self.send_header("Retry-After", "0")
            self.send_header("Content-Length", str(len(body) if is_first else 0))
            self.end_headers()
            with seen.guard:
                seen.at_once -= 1
            if is_first:
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    return Handler


@contextmanager
def serving(seen: Seen, folder: Path) -> Iterator[str]:
    """Serve over TLS; give the URL, and the authority's certificate in the folder."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), make_handler(seen))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_requests_that_are_repeated_keep_no_connection_from_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of many deletions is throttled once, in threads of their own; all of them end."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    seen = Seen()
    with serving(seen, tmp_path) as url:
        cloud = replace(PUBLIC, resource_manager=url)
        session = Session(Signed(), cloud, options=SessionOptions(rates=Rates()))
        compute = session.subscription(SUBSCRIPTION).compute

        def delete(number: int) -> str:
            place = f"{COLLECTIONS}/restorePointCollections/c{number}"
            return compute.delete_collection(ResourceId.parse(place)).status()

        with ThreadPoolExecutor(MANY) as pool:
            ended = list(pool.map(delete, range(MANY), timeout=60))
        session.close()

    assert {"Succeeded"} == set(ended)
    assert MANY == len(seen.paths)
    assert 1 < seen.most <= AT_ONCE
