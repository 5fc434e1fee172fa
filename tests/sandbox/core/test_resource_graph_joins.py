"""Questions to Resource Graph that put tables together, sum rows up, or name a scope."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from azremedy.sandbox import App, World, kql, scenario
from azremedy.sandbox.http import Request
from azremedy.sandbox.kql_values import KqlError
from azremedy.sandbox.scenario import Grant
from azremedy.sandbox.tokens import TENANT

if TYPE_CHECKING:
    from azremedy.sandbox.http import Answer

URL = "https://management.azure.com/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01"
APP, WEB, DB = (f"5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a00{each}" for each in (1, 2, 3))
NAMES = "resourcecontainers | where type =~ 'microsoft.resources/subscriptions' | project name"
TABLES: dict[str, list[dict[str, Any]]] = {
    "resources": [
        {"id": "a", "kind": "x", "size": 3, "at": "2026-11-20T08:00:00Z", "parts": [1, 2]},
        {"id": "b", "kind": "x", "size": 5, "at": "2026-11-20T10:00:00+01:00", "parts": []},
        {"id": "c", "kind": "y", "size": None, "at": "never", "parts": None},
    ],
    "resourcecontainers": [
        {"id": "1", "of": "a", "kind": "first"},
        {"id": "2", "of": "a", "kind": "second"},
        {"id": "3", "of": "z", "kind": "third"},
    ],
    "recoveryservicesresources": [{"of": "b", "word": "late"}],
}


def run(query: str) -> list[dict[str, Any]]:
    """Ask three small tables."""

    def rows(table: str, _kind: str) -> list[dict[str, Any]]:
        return TABLES[table]

    return list(kql.run(query, rows, now=scenario.load("healthy").now))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("join kind=inner (resourcecontainers) on $left.id == $right.of | project id, id1, kind1",
         [{"id": "a", "id1": "1", "kind1": "first"}, {"id": "a", "id1": "2", "kind1": "second"}]),
        (("join kind=leftouter (resourcecontainers | project id = of, n = kind) on id"
         " | project id, n"),
         [{"id": "a", "n": "first"}, {"id": "a", "n": "second"}, {"id": "b", "n": None},
          {"id": "c", "n": None}]),
        ("project kind | join (resources | project kind, id) on kind | project id",
         [{"id": "a"}, {"id": "b"}, {"id": "c"}]),
        (("join kind=inner (resources | project kind, size, other = id) on kind, size"
         " | project id, other"),
         [{"id": "a", "other": "a"}, {"id": "b", "other": "b"}]),
        (("join kind=leftouter (resourcecontainers | where id == '9') on $right.of == $left.id"
         " | project id, of"),
         [{"id": "a", "of": None}, {"id": "b", "of": None}, {"id": "c", "of": None}]),
        ("summarize n = count(), most = max(size), least = min(size) by kind",
         [{"kind": "x", "n": 2, "most": 5, "least": 3},
          {"kind": "y", "n": 1, "most": None, "least": None}]),
        ("summarize countif(size > 3), max(size), maxif(size, id == 'a') by kind",
         [{"kind": "x", "countif_": 1, "max_size": 5, "maxif_size": 3},
          {"kind": "y", "countif_": 0, "max_size": None, "maxif_size": None}]),
        ("summarize arg_max(size, id, parts) by kind",
         [{"kind": "x", "size": 5, "id": "b", "parts": []},
          {"kind": "y", "size": None, "id": "c", "parts": None}]),
        ("where id == 'none' | summarize arg_max(size, id), count()",
         [{"size": None, "id": None, "count_": 0}]),
        ("project iff(kind == 'x', id, strcat(kind, '-', id))",
         [{"Column1": "a"}, {"Column1": "b"}, {"Column1": "y-c"}]),
        ("where todatetime(at) > datetime('2026-11-20T08:30:00Z') | project id, todatetime(at)",
         [{"id": "b", "Column2": "2026-11-20T09:00:00.000000Z"}]),
        ("project array_length(parts)", [{"Column1": 2}, {"Column1": 0}, {"Column1": None}]),
    ],
)  # fmt: skip
def test_rows_are_put_together(query: str, expected: list[Any]) -> None:
    """Each join and aggregate that is documented does what Kusto's does."""
    assert expected == run(f"resources | {query}")


@pytest.mark.parametrize(
    "query",
    [
        "resources | join kind=rightouter (resourcecontainers) on id",
        "resources | join (resourcecontainers)",
        "resources | join (resourcecontainers) on $left.id == $left.of",
        "resources | join (resourcecontainers on id",
        (
            "resources | join (resources) on id | join (resources) on id | join (resources) on id"
            " | join (resources) on id"
        ),
        "resources | join (recoveryservicesresources) on id | join (resourcecontainers) on id",
        "resources | summarize sum(size)",
        "resources | summarize count( by kind",
        "resources | project strcat()",
    ],
)
def test_what_azure_or_the_sandbox_does_not_allow_is_refused(query: str) -> None:
    """At most three joins, one of them between tables; nothing is guessed."""
    with pytest.raises(KqlError):
        run(query)


def test_the_two_tables_of_resources_may_be_joined_more_often() -> None:
    """Resources and their containers are close."""
    once = "| join kind=leftouter (resourcecontainers | project id = of) on id"

    assert 6 == len(run(f"resources {once} {once}"))


def ask(app: App, query: str, **scope: Any) -> Answer:
    """Ask a world about a scope."""
    body = json.dumps({"query": query, **scope}).encode()
    headers = {"authorization": "Bearer x"}
    return app.handle(Request(method="POST", url=URL, headers=headers, body=body))


def names(answer: Answer) -> set[str]:
    """Name the subscriptions of an answer."""
    return {row["name"] for row in answer.body["data"]}


@pytest.fixture
def app() -> App:
    """Give the world of three subscriptions and two management groups."""
    return App(World(scenario.load("estate")))


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ({}, {"app-prod", "web-prod", "db-prod"}),
        ({"subscriptions": [APP.upper(), WEB]}, {"app-prod", "web-prod"}),
        ({"subscriptions": [APP, "99999999-9999-4999-8999-999999999999"]}, {"app-prod"}),
        ({"managementGroups": ["shop-data"]}, {"db-prod"}),
        ({"managementGroups": ["SHOP"]}, {"web-prod", "db-prod"}),
        ({"managementGroups": [TENANT]}, {"app-prod", "web-prod", "db-prod"}),
    ],
)
def test_a_question_has_a_scope(app: App, scope: dict[str, Any], expected: set[str]) -> None:
    """What is not there, or not to be seen, is left out without a word."""
    assert expected == names(ask(app, NAMES, **scope))


@pytest.mark.usefixtures("unrecorded")
@pytest.mark.parametrize(
    ("scope", "code"),
    [
        ({"subscriptions": ["99999999-9999-4999-8999-999999999999"]},
         "NoValidSubscriptionsInQueryRequest"),
        ({"managementGroups": ["no-such"]}, "NoValidSubscriptionsInQueryRequest"),
        ({"subscriptions": [APP], "managementGroups": ["shop"]}, "InvalidQuery"),
        ({"subscriptions": APP}, "InvalidQuery"),
        ({"subscriptions": [f"{n:08}-0000-4000-8000-000000000000" for n in range(1001)]},
         "TooManySubscription"),
    ],
)  # fmt: skip
def test_a_scope_of_which_nothing_is_left_is_refused(scope: dict[str, Any], code: str) -> None:
    """As is one that is too large, or no list."""
    answer = ask(App(World(scenario.load("estate"))), NAMES, **scope)

    assert (400, code) == (answer.status, answer.body["error"]["details"][0]["code"])


def test_who_may_read_something_in_a_subscription_may_ask_about_it() -> None:
    """The subscription itself is then not among the rows."""
    scope = f"/subscriptions/{DB}/resourceGroups/rg-db-weu"
    base = replace(scenario.load("estate"), caller=(Grant(scope=scope, actions=("*",)),))

    answer = ask(App(World(base)), "resources | project name", subscriptions=[APP, DB])

    assert 200 == answer.status
    assert {"db-01", "vault-db-weu"} <= names(answer)
    assert not any(name.startswith("app") for name in names(answer))


def test_jobs_stand_there_as_lists_show_them(app: App) -> None:
    """Without tasks, and with the item that they are of."""
    query = (
        "recoveryservicesresources | where type == 'microsoft.recoveryservices/vaults/backupjobs'"
        " | where properties.containerName endswith ';db-04'"
    )

    (row,) = ask(app, query).body["data"]

    assert "extendedInfo" not in row["properties"]
    assert row["properties"]["backupInstanceId"].endswith(
        "/protectedItems/VM;iaasvmcontainerv2;rg-db-weu;db-04"
    )


def test_restore_points_and_locks_stand_in_no_table(app: App) -> None:
    """As Azure's list of tables says."""
    kinds = {row["type"] for row in ask(app, "resources | distinct type").body["data"]}

    assert "microsoft.compute/restorepointcollections" in kinds
    assert not any("restorepoints" in kind or "locks" in kind for kind in kinds)


def test_the_pages_of_an_answer_are_cut_from_one_answer(app: App) -> None:
    """Until the world changes."""
    query = "resources | where type =~ 'microsoft.compute/virtualmachines' | project id"
    first = ask(app, query, options={"$top": 5}).body
    world = app.world
    world.documents.remove(first["data"][0]["id"])

    second = ask(app, query, options={"$skipToken": first["$skipToken"]}).body

    assert (32, 31) == (first["totalRecords"], second["totalRecords"])
