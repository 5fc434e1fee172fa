"""How long-running operations of each service are followed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from azremedy.sandbox.app import App
from azremedy.sandbox.http import Answer, ArmError, Json, Request
from azremedy.sandbox.operation_routes import ROUTES
from azremedy.sandbox.operations import COMPUTE, NETWORK, RECOVERY, Style, Work
from azremedy.sandbox.routing import Route

if TYPE_CHECKING:
    from azremedy.sandbox.world import World
    from tests.sandbox.conftest import OpenWorld

TEMPLATE = "/subscriptions/{subscription}/providers/Contoso.Test/things/{name}"
QUERY = "?api-version=2024-07-01"
pytestmark = pytest.mark.usefixtures("unrecorded")  # much of this no client would send


def started(world: World, method: str, style: Style, output: Json = None) -> tuple[App, Answer]:
    """Begin an operation through a route of its own."""

    def finish() -> Json:
        if output == "fail":
            raise ArmError(409, "OperationNotAllowed", "No.")
        return output

    def handler(world: World, request: Request, **_: str) -> Answer:
        name = "slow"
        return world.operations.begin(
            request, Work(name=name, style=style, location="eastus", finish=finish)
        )

    route = Route(method=method, template=TEMPLATE, handler=handler, action=None)
    app = App(world, routes=[route, *ROUTES])
    subscription = world.scenario.resources[0]["id"].split("/")[2]
    path = TEMPLATE.format(subscription=subscription, name="x")
    return app, ask(app, f"https://management.azure.com{path}{QUERY}", method)


def ask(app: App, url: str, method: str = "GET") -> Answer:
    """Send a request."""
    headers = {"authorization": "Bearer x"}
    return app.handle(Request(method=method, url=url, headers=headers))


@pytest.fixture
def world(open_world: OpenWorld, small: dict[str, Any]) -> World:
    """Open a world in which the operation takes forty seconds."""
    slow = {"operations": {"slow": {"seconds": 40, "retryAfter": 10}}}
    return open_world(small | slow).world


def test_compute_gives_a_status_and_a_result(world: World) -> None:
    """The status tells times and state; the result answers 202 until it answers."""
    app, first = started(world, "POST", COMPUTE, {"value": 1})
    status, result = first.headers["Azure-AsyncOperation"], first.headers["Location"]

    running, waiting = ask(app, status), ask(app, result)
    world.clock.advance(60)
    over, done = ask(app, status), ask(app, result)

    assert result == status.replace("&api-version", "&monitor=true&api-version")
    assert first.status == waiting.status == 202
    assert running.body["status"] == "InProgress"
    assert waiting.headers["Location"] == result
    assert "endTime" not in running.body
    assert over.body["status"] == "Succeeded"
    assert over.body["properties"] == {"output": {"value": 1}}
    assert over.body["endTime"] == "2026-11-20T08:00:40.0000000+00:00"
    assert (done.status, done.body) == (200, {"value": 1})


def test_a_put_is_followed_by_its_status_only(world: World) -> None:
    """PUT and PATCH have no result to fetch: the resource is the result."""
    _, first = started(world, "PUT", COMPUTE)

    assert "Azure-AsyncOperation" in first.headers
    assert "Location" not in first.headers


def test_a_failed_operation_tells_its_error_in_both_places(world: World) -> None:
    """The status carries it with a 200, the result with the error's own status."""
    app, first = started(world, "DELETE", COMPUTE, "fail")
    world.clock.advance(40)

    status = ask(app, first.headers["Azure-AsyncOperation"])
    result = ask(app, first.headers["Location"])

    error = {"code": "OperationNotAllowed", "message": "No."}
    assert (status.status, status.body["status"]) == (200, "Failed")
    assert status.body["error"] == error
    assert (result.status, result.body) == (409, {"error": error})


def test_network_says_less(world: World) -> None:
    """Its status is a word, and its result another URL."""
    app, first = started(world, "DELETE", NETWORK)
    status = first.headers["Azure-AsyncOperation"]

    running = ask(app, status)
    world.clock.advance(40)
    over = ask(app, status)

    assert (running.body, over.body) == ({"status": "InProgress"}, {"status": "Succeeded"})
    assert ask(app, first.headers["Location"]).status == 204


def test_recovery_services_hangs_both_urls_beneath_the_resource(world: World) -> None:
    """An unescaped semicolon stays one."""
    _, first = started(world, "POST", RECOVERY)
    name = first.headers["Location"].rpartition("/")[2]

    resource = "/providers/Contoso.Test/things/x"
    assert first.headers["Location"].endswith(f"{resource}/operationResults/{name}")
    assert first.headers["Azure-AsyncOperation"].endswith(f"{resource}/operationsStatus/{name}")


def test_work_without_an_end_to_speak_of(world: World) -> None:
    """An operation need not change anything: it is over when its time is."""
    request = Request(method="POST", url=f"https://h/subscriptions/s/x{QUERY}")

    first = world.operations.begin(request, Work(name="slow", style=COMPUTE))
    world.clock.advance(40)

    name = first.headers["Azure-AsyncOperation"].split("/operations/")[1].split("?")[0]
    operation = world.operations.find(name)
    assert (operation.state, operation.output, operation.running) == ("Succeeded", None, False)


def test_each_look_is_worth_the_wait_that_it_saves(world: World) -> None:
    """Four waits of ten seconds end an operation of forty, and nobody really waited."""
    app, first = started(world, "DELETE", COMPUTE)
    status = first.headers["Azure-AsyncOperation"]

    states = [ask(app, status).body["status"] for _ in range(5)]

    assert states == ["InProgress"] * 4 + ["Succeeded"]
