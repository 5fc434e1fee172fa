"""Ask the sandbox what was recorded, and follow its operations."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from azremedy.sandbox import scenario
from azremedy.sandbox.app import App
from azremedy.sandbox.http import Request
from azremedy.sandbox.providers import ROUTES
from azremedy.sandbox.routing import Router
from azremedy.sandbox.world import World
from tests.sandbox.recordings.kinds import RUNNING, SUBSCRIPTION, Kind, newest
from tests.sandbox.recordings.traffic import Exchange

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.sandbox.recordings.traffic import Recordings

_HOST = "https://management.azure.com"
_VERSION = "2024-04-01"
_TOKEN = "Bearer a-token"
_A_DAY = 86_400
_LINKS = ("azure-asyncoperation", "location")

Step = tuple[str, tuple[Exchange, ...], Exchange]
"""A step's name, its recordings and the sandbox's answer."""


def steps(kind: Kind, recordings: Recordings) -> Iterator[Step]:
    """Carry a kind out: each step with its recordings and the sandbox's answer."""
    recorded = kind.recorded(recordings)
    app = _app(kind)
    answered = _asked(app, kind, recorded)
    yield kind.name, newest(recorded), answered
    if kind.follow:
        for step, exchanges in _recorded_polls(recordings, recorded).items():
            app = _app(kind)
            first = _asked(app, kind, recorded)
            yield f"{kind.name}, {step}", exchanges, _polled(app, kind, first, step)


def _app(kind: Kind) -> App:
    world = World(replace(scenario.load(kind.scenario), **kind.changes), realistic=True)
    router = Router(ROUTES)
    for call in kind.before:
        sent = _request(call.method, f"{_HOST}{call.path}?api-version={_VERSION}", call.body)
        found = router.find(sent)
        if not found:
            raise AssertionError(f"{kind.name}: nothing answers {call.method} {call.path}")
        # Straight to the provider: preparing a world is no claim about Azure, nothing records it.
        found[0].handler(world, sent, **found[1])
        world.clock.advance(call.wait_s)
    return App(world)


def _asked(app: App, kind: Kind, recorded: tuple[Exchange, ...]) -> Exchange:
    version = recorded[0].version if recorded else _VERSION
    query = urlencode({**kind.query, "api-version": version})
    as_recorded = next((one.sent for one in recorded if isinstance(one.sent, dict)), None)
    body = as_recorded if kind.body is None else kind.body
    path = kind.path.replace(RUNNING, _running_job(app))
    sent = _request(kind.method, f"{_HOST}{path}?{query}", body, token=kind.token)
    return _carried_out(app, sent)


def _running_job(app: App) -> str:
    jobs = app.world.documents.of_type("Microsoft.RecoveryServices/vaults/backupJobs")
    running = (job["name"] for job in jobs if job["properties"]["status"] == "InProgress")
    return next(iter(running), "none")


def _polled(app: App, kind: Kind, first: Exchange, step: str) -> Exchange:
    """Poll as the step says, while the operation runs or when it is over."""
    link, state = step.split(" ")
    if state == "ended":
        app.world.clock.advance(_A_DAY)
    if link == "backupoperations":
        operation = first.headers["azure-asyncoperation"].split("?")[0].rpartition("/")[2]
        vault = kind.path.partition("/backupFabrics/")[0].partition("/backupJobs/")[0]
        url = f"{_HOST}{vault}/backupOperations/{operation}?api-version={_VERSION}"
    elif link == "resource":
        url = f"{_HOST}{kind.path}?api-version={_VERSION}"
    else:
        url = first.headers.get(link, f"{_HOST}{SUBSCRIPTION}/no-{link}?api-version={_VERSION}")
    return _carried_out(app, _request("GET", url, None))


def _recorded_polls(
    recordings: Recordings, recorded: tuple[Exchange, ...]
) -> Mapping[str, tuple[Exchange, ...]]:
    """Sort the recorded polls by the link they follow and by whether the operation went on."""
    found: dict[str, tuple[Exchange, ...]] = {}
    for start, poll in recordings.polls_of(newest(recorded)):
        step = f"{_link(start, poll)} {_state(poll)}"
        found[step] = (*found.get(step, ()), poll)
    return found


def _link(start: Exchange, poll: Exchange) -> str:
    """Name the header that a poll follows; some clients go their own way."""
    for name in _LINKS:
        given = start.headers.get(name, "")
        if given and _followed(given) == _followed(poll.url):
            return name
    if "/backupoperations/" in poll.path:
        return "backupoperations"
    return "azure-asyncoperation" if "azure-asyncoperation" in start.headers else "location"


def _followed(url: str) -> tuple[str, bool]:
    return url.partition("?")[0].lower(), "monitor=true" in url


def _state(poll: Exchange) -> str:
    status = poll.body.get("status") if isinstance(poll.body, dict) else None
    runs = poll.status == 202 or str(status).lower() == "inprogress"
    return "running" if runs else "ended"


def _request(method: str, url: str, body: Any, *, token: str = _TOKEN) -> Request:
    headers = {"authorization": token}
    payload = b"" if body is None else json.dumps(body).encode()
    return Request(method=method, url=url, headers=headers, body=payload)


def _carried_out(app: App, request: Request) -> Exchange:
    answer = app.handle(request)
    return Exchange(
        method=request.method,
        url=request.url,
        status=answer.status,
        headers={name.lower(): value for name, value in answer.headers.items()},
        body=answer.body,
    )
