"""Questions to Resource Graph, and how late its copy is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from azremedy.sandbox.http import Answer, Request

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.sandbox.conftest import Opened, OpenWorld

URL = "https://management.azure.com/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01"
DISKS = "Resources | where type =~ 'Microsoft.Compute/disks'"


def ask(opened: Opened, query: Any, **options: Any) -> Answer:
    """Ask a question."""
    body = json.dumps({"query": query, "options": options}).encode()
    headers = {"authorization": "Bearer x"}
    return opened.app.handle(Request(method="POST", url=URL, headers=headers, body=body))


@pytest.fixture
def disks(small: dict[str, Any]) -> dict[str, Any]:
    """Give the small scenario with three disks more."""
    first = small["resources"][0]
    more = [
        first | {"id": f"{first['id'][:-1]}{n}", "tags": {"team": "ops", "n": n}, "zones": [f"{n}"]}
        for n in (2, 3, 4)
    ]
    return small | {"resources": [*small["resources"], *more]}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (f"{DISKS} | project name | limit 1", [{"name": "data-1"}]),
        (f"{DISKS} and tags.n >= 3 | project name", [{"name": "data-3"}, {"name": "data-4"}]),
        (f"{DISKS} | where tags['team'] == 'shop' | project n=name", [{"n": "data-1"}]),
        (f"{DISKS} | where name in ('data-2', 'x') | project name", [{"name": "data-2"}]),
        (f"{DISKS} | where name !in~ ('DATA-2', 'data-3', 'data-4') | project name",
         [{"name": "data-1"}]),
        (f"{DISKS} | where not(isempty(zones)) | project zones[0]",
         [{"zones_0": "2"}, {"zones_0": "3"}, {"zones_0": "4"}]),
        (f"{DISKS} | order by name desc | take 1 | project toupper(name)",
         [{"Column1": "DATA-4"}]),
        (f"{DISKS} | sort by tostring(tags.team) asc, name | limit 1 | project name",
         [{"name": "data-4"}]),
        (f"{DISKS} | summarize count() by tostring(tags.team)",
         [{"Column1": "shop", "count_": 1}, {"Column1": "ops", "count_": 3}]),
        (f"{DISKS} | extend size=properties.diskSizeGB | distinct size", [{"size": 8}]),
        (f"{DISKS} | project name, type | project-away type | limit 1", [{"name": "data-1"}]),
        (f"{DISKS} | where properties.timeCreated < ago(30d) | count", [{"Count": 4}]),
        (f"{DISKS} | where name has 'data' and (name endswith '-1' or name contains 'A-2') | count",
         [{"Count": 2}]),
        (f"{DISKS} | where location != 'westeurope' | count", [{"Count": 0}]),
        ("where name startswith 'data' | summarize all = count()", [{"all": 4}]),
        ("resourcecontainers | where resourceGroup != '' | project resourceGroup | order by id asc",
         [{"resourceGroup": "azurebackuprg_westeurope_1"}, {"resourceGroup": "rg-app"}]),
        ("recoveryservicesresources | project id // nothing there", []),
    ],
)  # fmt: skip
def test_a_question_is_answered(
    open_world: OpenWorld, disks: dict[str, Any], query: str, expected: list[Any]
) -> None:
    """Each operator and function that is documented does what Kusto's does."""
    answer = ask(open_world(disks), query, **{"$top": 100})

    assert (answer.status, answer.body.get("data")) == (200, expected)


@pytest.mark.usefixtures("unrecorded")
@pytest.mark.parametrize(
    "query",
    [
        "Resources | join kind=inner (x) on y",
        "Resources | where type =~",
        "Resources | where ((((",
        "Resources where true",
        "Resources | take many",
        "Resources | where bin(name, 1) == 2",
        "Resources | where name == `x`",
        "Resources | where ago('x') < now()",
        "Secrets | project name",
        "Resources | where " + "(" * 60 + "true" + ")" * 60,
        None,
    ],
)
def test_a_question_that_is_not_understood_is_refused(
    open_world: OpenWorld, disks: dict[str, Any], query: Any
) -> None:
    """Nothing is guessed: the answer names what was not understood."""
    answer = ask(open_world(disks), query)

    assert (answer.status, answer.body["error"]["code"]) == (400, "BadRequest")
    assert answer.body["error"]["details"][0]["code"] == "InvalidQuery"


def test_pages_follow_the_skip_token(
    open_world: OpenWorld,
    disks: dict[str, Any],
    contract_check: Callable[[Path], str],
) -> None:
    """Each page leads to the next, and together they are the whole."""
    opened = open_world(disks)
    seen, token = [], None
    while True:
        options = {"$top": 3} if token is None else {"$skipToken": token}
        body = ask(opened, f"{DISKS} | project name", **options).body
        seen += [row["name"] for row in body["data"]]
        token = body.get("$skipToken")
        if not token:
            break

    assert seen == ["data-1", "data-2", "data-3", "data-4"]
    assert (body["totalRecords"], body["count"]) == (4, 1)
    skipped = ask(opened, f"{DISKS} | project name", **{"$skip": 3}).body["data"]
    assert skipped == [{"name": "data-4"}]
    assert contract_check(opened.exchanges).endswith(" 0 violations")


@pytest.mark.usefixtures("unrecorded")
@pytest.mark.parametrize(
    "options",
    [
        {"$top": 0},
        {"$top": 1001},
        {"$top": "3"},
        {"$skip": -1},
        {"$skipToken": "??"},
        {"resultFormat": "table"},
    ],
)
def test_a_page_that_cannot_be_is_refused(
    open_world: OpenWorld, disks: dict[str, Any], options: dict[str, Any]
) -> None:
    """Numbers out of their range and tokens that were not made here."""
    body = json.dumps({"query": DISKS, "options": options}).encode()
    headers = {"authorization": "Bearer x"}
    opened = open_world(disks)

    answer = opened.app.handle(Request(method="POST", url=URL, headers=headers, body=body))

    assert (answer.status, answer.body["error"]["code"]) == (400, "BadRequest")


def test_the_copy_is_late(open_world: OpenWorld, disks: dict[str, Any], subscription: str) -> None:
    """What was deleted is still told for a while, and what was made is not told yet."""
    opened = open_world(disks | {"operations": {"resourceGraphLag": {"seconds": 60}}})
    world, disk = opened.world, disks["resources"][0]
    world.documents.remove(disk["id"])
    world.documents.put(disk | {"id": f"{disk['id']}5"})
    world.documents.put(disk | {"id": f"{disk['id']}5", "location": "northeurope"})

    def told() -> list[str]:
        return sorted(row["name"] for row in ask(opened, DISKS).body["data"])

    assert told() == ["data-1", "data-2", "data-3", "data-4"]
    world.clock.advance(61)
    assert told() == ["data-15", "data-2", "data-3", "data-4"]


def test_nobody_is_told_what_they_may_not_read(
    open_world: OpenWorld, disks: dict[str, Any], subscription: str
) -> None:
    """There is no refusal: rows are missing."""
    opened = open_world(disks | {"caller": []})

    assert ask(opened, DISKS).body["data"] == []


def test_the_quota_of_queries_is_told_and_kept(
    open_world: OpenWorld, disks: dict[str, Any]
) -> None:
    """After so many in five seconds the next is refused, and named its wait."""
    opened = open_world(disks | {"limits": {"resourceGraph": 2}})

    left = [ask(opened, DISKS).headers["x-ms-user-quota-remaining"] for _ in range(2)]
    refused = ask(opened, DISKS)
    opened.transport.sleep(float(refused.headers["Retry-After"]))

    assert left == ["1", "0"]
    assert (refused.status, refused.body["error"]["code"]) == (429, "RateLimiting")
    assert ask(opened, DISKS).status == 200
