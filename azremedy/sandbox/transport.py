"""Let the Azure SDK's clients talk to a world in their own process, in virtual time."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import requests
import urllib3
from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import RequestsTransport
from requests.adapters import BaseAdapter

from azremedy.sandbox import tokens
from azremedy.sandbox.faults import ConnectionLostError
from azremedy.sandbox.http import Answer, Request

if TYPE_CHECKING:
    from azremedy.sandbox.app import App

_FAR_AWAY = 4_102_444_800
"""2100-01-01: the sandbox's tokens are not meant to run out."""


class WorldTransport(RequestsTransport):  # type: ignore[misc] # azure-core loads the name lazily
    """Gives every request of a client to an app instead of the network.

    Waiting moves the world's clock and takes no time. Many clients and threads may share one.
    """

    def __init__(self, app: App) -> None:
        """Serve the app's world."""
        session = requests.Session()
        super().__init__(session=session, use_env_settings=False)
        self._app = app
        # Proxies of the environment lead nowhere from here, and are looked up at every request.
        session.trust_env = False
        session.adapters.clear()
        session.mount("https://", _Adapter(app))

    def open(self) -> None:
        """Do nothing: there is no connection."""

    def close(self) -> None:
        """Do nothing: the next client may use the transport again."""

    def sleep(self, duration: float) -> None:
        """Move the world's clock."""
        with self._app.world.lock:
            self._app.world.clock.advance(duration)


class SandboxCredential:
    """Gives a token that looks like one of Entra's; the sandbox looks no closer."""

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        """Give the token."""
        claims = {"appid": tokens.CALLER, "oid": tokens.CALLER_OBJECT, "exp": _FAR_AWAY}
        return AccessToken(tokens.jwt(claims), _FAR_AWAY)


class _Adapter(BaseAdapter):
    """Takes the network's place in a session of requests."""

    def __init__(self, app: App) -> None:
        super().__init__()
        self._app = app

    def send(self, request: requests.PreparedRequest, *_args: Any, **_options: Any) -> Any:
        headers = {name.lower(): str(value) for name, value in request.headers.items()}
        asked = Request(
            method=str(request.method).upper(),
            url=str(request.url),
            headers=headers,
            body=_bytes(request.body),
        )
        try:
            answer = self._app.handle(asked)
        except ConnectionLostError as error:
            raise _broken(error) from error
        if answer.lasts_s:
            with self._app.world.lock:
                self._app.world.clock.advance(answer.lasts_s)
        return _response(request, answer)

    def close(self) -> None:
        """Nothing is open."""


def _bytes(body: object) -> bytes:
    """Give the body as bytes; clients of ARM send text or bytes, never a stream."""
    if isinstance(body, str):
        return body.encode()
    return body if isinstance(body, bytes) else b""


def _broken(error: ConnectionLostError) -> requests.ConnectionError:
    """Say in requests' way whether the request got out: azure-core tells the two apart by it."""
    if error.sent:
        return requests.ConnectionError(urllib3.exceptions.ProtocolError(str(error)))
    return requests.ConnectionError(str(error))


def _response(request: requests.PreparedRequest, answer: Answer) -> requests.Response:
    payload = answer.payload()
    headers = {**answer.headers, "Content-Length": str(len(payload))}
    response = requests.Response()
    response.status_code = answer.status
    response.headers.update(headers)
    response.url = str(request.url)
    response.request = request
    response.raw = urllib3.HTTPResponse(
        body=io.BytesIO(payload[: answer.cut_at]),
        headers=headers,
        status=answer.status,
        preload_content=False,
    )
    return response
