"""Give gateway tests a session whose answers are scripted, recorded, or a sandbox world's."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import unquote, urlsplit

import pytest
import requests
import urllib3
from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import RequestsTransport
from requests.adapters import BaseAdapter

from azremedy.gateways.clients import SessionOptions
from azremedy.gateways.session import Session
from azremedy.sandbox import scenario
from azremedy.sandbox.app import App
from azremedy.sandbox.transport import SandboxCredential, WorldTransport
from azremedy.sandbox.world import World

if TYPE_CHECKING:
    from azremedy.gateways.session import Gateways
    from azremedy.ids import ResourceId

CHECKOUT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("AZREMEDY_SHARED", CHECKOUT / "../shared"))
SUBSCRIPTION = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"
_FAR_AWAY = 4_102_444_800


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a scripted Azure answers."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def payload(self) -> bytes:
        """Write the body as it goes over the wire."""
        if self.body is None:
            return b""
        return (self.body if isinstance(self.body, str) else json.dumps(self.body)).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A request as it left the SDK."""

    method: str
    url: str
    headers: dict[str, str]
    body: Any

    @property
    def path(self) -> str:
        """The path, decoded."""
        return unquote(urlsplit(self.url).path)


class Credential:
    """Signs in at once."""

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        """Give a token."""
        return AccessToken("token", _FAR_AWAY)


class ScriptedTransport(RequestsTransport):  # type: ignore[misc]  # azure-core exports it untyped
    """Answers from a list; the last answer stays. Keeps what was sent and how long was slept."""

    def __init__(self, *replies: Reply | Exception) -> None:
        session = requests.Session()
        super().__init__(session=session)
        session.mount("https://", _Adapter(self))
        self.replies: list[Reply | Exception] = list(replies)
        self.sent: list[Sent] = []
        self.slept: list[float] = []

    def reply(self, **facts: Any) -> Reply:
        """Make an answer, to play it."""
        return Reply(**facts)

    def play(self, *replies: Reply | Exception) -> None:
        """Forget the past and answer with these."""
        self.replies, self.sent, self.slept = list(replies), [], []

    def sleep(self, duration: float) -> None:
        """Keep the duration."""
        self.slept.append(duration)

    def close(self) -> None:
        """Nothing is open."""


class _Adapter(BaseAdapter):
    def __init__(self, script: ScriptedTransport) -> None:
        super().__init__()
        self._script = script

    def send(self, request: requests.PreparedRequest, *_args: Any, **_options: Any) -> Any:
        script = self._script
        body: Any = request.body
        is_json = "json" in request.headers.get("Content-Type", "")
        script.sent.append(
            Sent(
                method=str(request.method),
                url=str(request.url),
                headers={name.lower(): str(value) for name, value in request.headers.items()},
                body=json.loads(body) if body and is_json else body,
            )
        )
        reply = script.replies.pop(0) if len(script.replies) > 1 else script.replies[0]
        if isinstance(reply, Exception):
            raise reply
        return _response(request, reply)

    def close(self) -> None:
        """Nothing is open."""


def _response(request: requests.PreparedRequest, reply: Reply) -> requests.Response:
    payload = reply.payload()
    headers = {"Content-Type": "application/json", **reply.headers}
    response = requests.Response()
    response.status_code = reply.status
    response.headers.update(headers)
    response.url, response.request = str(request.url), request
    response.raw = urllib3.HTTPResponse(
        body=io.BytesIO(payload), headers=headers, status=reply.status, preload_content=False
    )
    return response


@dataclass(frozen=True, slots=True, kw_only=True)
class Scripted:
    """A session on a scripted Azure."""

    transport: ScriptedTransport
    session: Session

    @property
    def azure(self) -> Gateways:
        """The gateways of the test subscription."""
        return self.session.subscription(SUBSCRIPTION)

    def reply(self, **facts: Any) -> Reply:
        """Make an answer, to play it."""
        return Reply(**facts)

    def play(self, *replies: Reply | Exception, where: ResourceId | None = None) -> Gateways:
        """Give the gateways of an Azure that answers with these, by default the test's."""
        self.transport.play(*replies)
        return self.session.subscription(where.subscription_id) if where else self.azure


MakeScripted: TypeAlias = Callable[..., Scripted]


@pytest.fixture
def make_scripted() -> Iterator[MakeScripted]:
    """Make scripted sessions with chosen options."""
    made: list[Session] = []

    def make(*replies: Reply | Exception, **options: Any) -> Scripted:
        transport = ScriptedTransport(*replies)
        session = Session(Credential(), transport=transport, options=SessionOptions(**options))
        made.append(session)
        return Scripted(transport=transport, session=session)

    yield make
    for session in made:
        session.close()


@pytest.fixture
def scripted(make_scripted: MakeScripted) -> Scripted:
    """Give a scripted session that does not repeat requests."""
    return make_scripted(retry_total=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One recorded request and its answer."""

    cassette: str
    seq: int
    kind: str
    method: str
    url: str
    status: int
    headers: dict[str, str]
    body: Any

    @property
    def path(self) -> str:
        """The request's path, decoded, without a slash at its end."""
        return unquote(urlsplit(self.url).path).rstrip("/")

    @property
    def name(self) -> str:
        """Where to find it."""
        return f"{self.cassette} #{self.seq}"

    def reply(self) -> Reply:
        """Answer with it; headers that described the original bytes are left out."""
        untrue = {"content-length", "transfer-encoding", "content-encoding"}
        kept = {name: value for name, value in self.headers.items() if name.lower() not in untrue}
        return Reply(status=self.status, body=self.body, headers=kept)


ReadRecordings: TypeAlias = Callable[..., tuple[Exchange, ...]]


@pytest.fixture(scope="session")
def read_recordings() -> ReadRecordings:
    """Read files of recorded Azure traffic, each once."""
    folder = SHARED / "recordings"
    if not folder.is_dir():
        pytest.skip(f"the recorded Azure traffic is not at {folder}")
    read: dict[str, tuple[Exchange, ...]] = {}

    def recordings(*names: str) -> tuple[Exchange, ...]:
        for name in names:
            if name not in read:
                lines = (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
                read[name] = tuple(_without_repeats(_exchange(json.loads(line)) for line in lines))
        return tuple(exchange for name in names for exchange in read[name])

    return recordings


def _without_repeats(exchanges: Iterable[Exchange]) -> Iterator[Exchange]:
    """Leave out what a cassette was answered before, word for word: polls, mostly."""
    seen: set[tuple[str, ...]] = set()
    for exchange in exchanges:
        body = json.dumps(exchange.body)
        key = (exchange.cassette, exchange.method, exchange.path, str(exchange.status), body)
        if key not in seen:
            seen.add(key)
            yield exchange


def _exchange(line: dict[str, Any]) -> Exchange:
    headers = line["response_headers"] or {}
    return Exchange(
        cassette=line["cassette"],
        seq=line["seq"],
        kind=line["kind"],
        method=line["method"],
        url=line["url"],
        status=line["status"],
        headers={
            name: value if isinstance(value, str) else ",".join(value)
            for name, value in headers.items()
        },
        body=line["response_body"],
    )


class CountingTransport(WorldTransport):
    """A world's door that keeps what came through it."""

    def __init__(self, app: App) -> None:
        super().__init__(app)
        self.sent: list[tuple[str, str]] = []

    def send(self, request: Any, **options: Any) -> Any:
        """Keep method and path, then answer."""
        self.sent.append((request.method, unquote(urlsplit(request.url).path)))
        return super().send(request, **options)

    def writes(self) -> list[tuple[str, str]]:
        """Give the requests that were no reads."""
        return [sent for sent in self.sent if sent[0] not in {"GET", "HEAD"}]


@dataclass(frozen=True, slots=True, kw_only=True)
class InWorld:
    """A session in a sandbox world."""

    world: World
    transport: CountingTransport
    session: Session

    @property
    def azure(self) -> Gateways:
        """The gateways of the scenario's subscription."""
        return self.session.subscription(SUBSCRIPTION)


EnterWorld: TypeAlias = Callable[..., InWorld]


class WorldClock:
    """A world's time, for a session."""

    def __init__(self, world: World, transport: WorldTransport) -> None:
        self.now = world.clock.now
        self.sleep = transport.sleep


@pytest.fixture
def enter_world() -> Iterator[EnterWorld]:
    """Open a session in a scenario's world, with faults or another caller if wished."""
    made: list[Session] = []

    def enter(
        name: str, options: SessionOptions | None = None, *, realistic: bool = False, **changes: Any
    ) -> InWorld:
        world = World(replace(scenario.load(name), **changes), realistic=realistic)
        transport = CountingTransport(App(world))
        clock = WorldClock(world, transport)
        made.append(Session(SandboxCredential(), transport=transport, clock=clock, options=options))
        return InWorld(world=world, transport=transport, session=made[-1])

    yield enter
    for session in made:
        session.close()
