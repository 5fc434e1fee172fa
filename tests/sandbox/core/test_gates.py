"""What Resource Manager refuses before any provider is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from azremedy.sandbox.app import App
from azremedy.sandbox.http import Answer, Request
from azremedy.sandbox.routing import Route

if TYPE_CHECKING:
    from tests.sandbox.conftest import OpenWorld

HOST = "https://management.azure.com"
SIGNED_IN = {"authorization": "Bearer x"}
pytestmark = pytest.mark.usefixtures("unrecorded")  # much of this no client would send


def get(app: App, path: str, method: str = "GET", headers: Any = None) -> Answer:
    """Ask for a path."""
    signed = SIGNED_IN if headers is None else headers
    return app.handle(Request(method=method, url=HOST + path, headers=signed))


def code(answer: Answer) -> tuple[int, str]:
    """Give status and error code."""
    return answer.status, answer.body["error"]["code"]


@pytest.mark.parametrize("header", ["", "Basic abc", "Bearer ", "bearer"])
def test_a_bearer_token_is_required(
    open_world: OpenWorld, small: dict[str, Any], header: str
) -> None:
    """Without one the answer is 401 with a challenge."""
    answer = get(
        open_world(small).app,
        "/subscriptions?api-version=2022-12-01",
        headers={"authorization": header},
    )

    assert code(answer) == (401, "AuthenticationFailed")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer authorization_uri=")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "MissingApiVersionParameter"),
        ("?api-version=", "MissingApiVersionParameter"),
        ("?api-version=latest", "InvalidApiVersionParameter"),
        ("?API-VERSION=2024-1-1", "InvalidApiVersionParameter"),
        ("?api-version=2024-02-30", "InvalidApiVersionParameter"),
        ("?api-version=2013-12-31", "InvalidApiVersionParameter"),
        ("?api-version=2028-01-01", "InvalidApiVersionParameter"),
    ],
)
def test_an_api_version_is_required(
    open_world: OpenWorld, small: dict[str, Any], query: str, expected: str
) -> None:
    """Any date will do, but there must be one."""
    answer = get(open_world(small).app, f"/subscriptions{query}")

    assert code(answer) == (400, expected)


@pytest.mark.parametrize("version", ["2015-01-01", "2026-10-01", "2024-01-01-preview"])
def test_any_date_is_an_api_version(
    open_world: OpenWorld, small: dict[str, Any], version: str
) -> None:
    """Clients of ten years are answered alike."""
    answer = get(open_world(small).app, f"/subscriptions?api-version={version}")

    assert answer.status == 200


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/subscriptions/none/resourceGroups", (404, "SubscriptionNotFound")),
        (
            "GET",
            "/subscriptions/{s}/providers/Contoso.X/things/y",
            (404, "InvalidResourceNamespace"),
        ),
        (
            "GET",
            "/subscriptions/{s}/resourceGroups/rg-App/providers/Microsoft.Compute/gadgets/g",
            (404, "InvalidResourceType"),
        ),
        (
            "GET",
            "/subscriptions/{s}/resourceGroups/rg-App/providers/Microsoft.Compute/disks/none",
            (404, "ResourceNotFound"),
        ),
        ("PATCH", "/subscriptions/{s}/resources", (405, "MethodNotAllowed")),
        ("GET", "/nothing", (404, "InvalidResourceNamespace")),
        (
            "GET",
            "/subscriptions/{s}/providers/Microsoft.Compute/locations/x/operations/none",
            (404, "NotFound"),
        ),
        ("GET", "/subscriptions/{s}/operationresults/none", (404, "NotFound")),
    ],
)
def test_what_does_not_exist_is_told_apart(
    open_world: OpenWorld,
    small: dict[str, Any],
    subscription: str,
    *,
    method: str,
    path: str,
    expected: tuple[int, str],
) -> None:
    """Subscription, provider, type, resource, verb and operation have their own refusals."""
    url = path.format(s=subscription) + "?api-version=2024-01-01"

    assert code(get(open_world(small).app, url, method)) == expected


def test_every_answer_carries_the_common_headers(
    open_world: OpenWorld, small: dict[str, Any]
) -> None:
    """Request ids and the world's date always, what is left of the limits when a provider spoke."""
    correlation = "0f4c3f2e-8f4b-4c0e-9f64-1d1f6d9f1a11"
    headers = {**SIGNED_IN, "x-ms-correlation-request-id": correlation}
    app = open_world(small).app

    good = get(app, "/subscriptions?api-version=2022-12-01", headers=headers)
    bad = get(app, "/subscriptions")
    later = get(app, "/subscriptions?api-version=2022-12-01")

    assert good.headers["x-ms-correlation-request-id"] == correlation
    assert good.headers["x-ms-request-id"] != bad.headers["x-ms-request-id"]
    assert good.headers["Date"] == "Fri, 20 Nov 2026 08:00:00 GMT"
    assert good.headers["x-ms-ratelimit-remaining-subscription-reads"] == "249"
    assert good.headers["x-ms-ratelimit-remaining-subscription-global-reads"] == "3749"
    assert "x-ms-ratelimit-remaining-subscription-reads" not in bad.headers
    assert later.headers["x-ms-ratelimit-remaining-subscription-reads"] == "247"


def test_a_head_has_no_body(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """Even a refused one."""
    path = f"/subscriptions/{subscription}/resourceGroups/none?api-version=2024-01-01"

    answer = get(open_world(small).app, path, "HEAD")

    assert (answer.status, answer.body) == (404, None)


def test_a_defect_of_the_sandbox_is_a_server_error(
    open_world: OpenWorld, small: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """It is answered in ARM's envelope, and its traceback is in the log."""

    def broken(*_: Any, **__: Any) -> Answer:
        raise ZeroDivisionError

    route = Route(method="GET", template="/subscriptions", handler=broken, action=None)
    app = App(open_world(small).world, routes=[route])

    answer = get(app, "/subscriptions?api-version=2022-12-01")

    assert code(answer) == (500, "InternalServerError")
    assert "ZeroDivisionError" in caplog.text


def test_the_same_requests_get_the_same_answers(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """Nothing in a world is random: not even operation ids."""
    path = f"/subscriptions/{subscription}/resourceGroups/rg-App?api-version=2024-01-01"

    first, second = (get(open_world(small).app, path, "DELETE") for _ in range(2))

    assert first == second
    assert first.status == 202


def test_a_lower_case_path_is_the_same_path(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """ARM ignores case in paths, and answers in its own spelling."""
    path = f"/SUBSCRIPTIONS/{subscription}/RESOURCEGROUPS/RG-APP?api-version=2024-01-01"

    assert get(open_world(small).app, path).body["name"] == "rg-App"


def test_lists_of_unserved_types_are_generic(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """Documents without operations of their own can also be listed, beneath the scope asked for."""
    app = open_world(small).app
    disks = "providers/Microsoft.Compute/disks?api-version=2024-03-02"

    def count(scope: str, kind: str = disks) -> int:
        return len(get(app, f"/subscriptions/{subscription}{scope}/{kind}").body["value"])

    assert (count(""), count("/resourceGroups/rg-app")) == (1, 1)
    assert count("", "providers/Microsoft.Insights/metricAlerts?api-version=2018-03-01") == 0
    missing = get(app, f"/subscriptions/{subscription}/resourceGroups/rg-ap/{disks}")
    assert code(missing) == (404, "ResourceGroupNotFound")
