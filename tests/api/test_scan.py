"""A whole estate is scanned: by Resource Graph where it answers, else by each service."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from azremedy.api.connect import connect_app
from azremedy.api.scan import (
    ScanOptions,
    scan,
)
from azremedy.domain.estate import ReadFrom, Risk
from azremedy.domain.sightings import CountPoints
from azremedy.errors import AzureError, TargetNotFoundError, UsageError
from azremedy.sandbox import App, World
from azremedy.sandbox.scenario import Limits, Timing
from tests.benchmarks.estates import Shape, make_estate, subscription_of
from tests.support.scans import (
    APP,
    DB,
    EXPECTED,
    WEB,
    kinds_of,
    stage_of,
    told,
)
from tests.support.stages import (
    JOB_TYPE,
    Stage,
    built_in,
    open_stage,
    without_resources,
)

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.sandbox.scenario import Scenario


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """Give the world of 32 VMs in three subscriptions."""
    return stage_of(tmp_path)


def test_an_estate_is_told_by_a_few_questions(stage: Stage) -> None:
    """One list of subscriptions, four questions, a list of locks each, the points in question."""
    found = scan(stage.azure)

    assert told(found) == EXPECTED
    assert {
        "subscriptions": 1,
        "resources": 4,
        "locks": 3,
        "collection": 7,
    } == kinds_of(stage)
    assert [(each.name, each.protected, each.read_from) for each in found.subscriptions] == [
        ("app-prod", 10, ReadFrom.GRAPH),
        ("web-prod", 9, ReadFrom.GRAPH),
        ("db-prod", 12, ReadFrom.GRAPH),
    ]
    assert () == found.gaps
    assert 31 == found.protected


def test_it_writes_nothing(stage: Stage) -> None:
    """The only POSTs are questions."""
    scan(stage.azure, ScanOptions(points=CountPoints.ALL))

    assert {"resources"} == {each.rpartition("/")[2] for each in stage.writes()}


def test_orphans_and_locked_groups_are_told(stage: Stage) -> None:
    """Each with its whole id, and the lock with its whole body."""
    found = scan(stage.azure)

    assert ["AzureBackup_old-01_543447149261425", "AzureBackup_db-99_100000000000099"] == [
        each.id.name for each in found.orphans
    ]
    assert [(APP, "keep-everything", 2), (DB, "keep", 5)] == [
        (each.id.subscription_id, each.locks[0].name, each.collections)
        for each in found.locked_groups
    ]


def test_each_service_tells_the_same(stage: Stage) -> None:
    """Asked afresh, the estate is the same, and Resource Graph is not asked."""
    by_graph = scan(stage.azure)

    found = scan(stage.azure, ScanOptions(fresh=True))

    assert EXPECTED == told(found)
    assert {each.id for each in by_graph.orphans} == {each.id for each in found.orphans}
    assert {each.id for each in by_graph.locked_groups} == {each.id for each in found.locked_groups}
    assert by_graph.groups == found.groups
    assert {ReadFrom.SERVICES} == {each.read_from for each in found.subscriptions}
    assert [10, 9, 12] == [each.protected for each in found.subscriptions]
    assert 4 == sum(1 for each in stage.requests() if "ResourceGraph" in each["url"])


def test_all_points_are_counted_when_that_is_asked_for(stage: Stage) -> None:
    """A request for each collection; none when none is wanted."""
    scan(stage.azure, ScanOptions(subscriptions=(DB,), points=CountPoints.NONE))
    before = kinds_of(stage).get("collection", 0)

    scan(stage.azure, ScanOptions(subscriptions=(DB,), points=CountPoints.ALL))

    assert 0 == before
    assert 13 == kinds_of(stage)["collection"]


def test_subscriptions_are_named_or_numbered(stage: Stage) -> None:
    """Each once, however often it is named."""
    found = scan(stage.azure, ScanOptions(subscriptions=("DB-prod", DB.upper(), "web-prod")))

    assert [DB, WEB] == [each.id for each in found.subscriptions]


def test_an_unknown_subscription_is_refused(stage: Stage) -> None:
    """A slip must not look like an empty estate."""
    with pytest.raises(TargetNotFoundError, match="no-such"):
        scan(stage.azure, ScanOptions(subscriptions=("no-such",)))


def test_who_sees_no_subscription_is_told_so(tmp_path: Path) -> None:
    """There is nothing to scan, which is not the same as nothing being wrong."""
    stage = stage_of(tmp_path, replace(built_in("estate"), caller=()))

    with pytest.raises(TargetNotFoundError, match="No subscription can be seen"):
        scan(stage.azure)


@pytest.mark.parametrize(
    ("group", "expected"), [("shop", {WEB, DB}), ("SHOP-data", {DB}), (None, {APP, WEB, DB})]
)
def test_management_groups_hold_subscriptions_and_groups(
    stage: Stage, group: str | None, expected: set[str]
) -> None:
    """Those beneath count too; the tenant's root group, named by its id, holds all."""
    named = group or stage.azure.find_origin().tenant_id or _root(stage)

    found = scan(stage.azure, ScanOptions(management_groups=(named,)))

    assert expected == {each.id for each in found.subscriptions}
    assert (named,) == found.management_groups


def _root(stage: Stage) -> str:
    (first, *_) = stage.documents("Microsoft.Resources/subscriptions")
    return str(first["tenantId"])


def test_a_management_group_that_nobody_sees_is_an_error(stage: Stage) -> None:
    """Only Resource Graph knows what is in it."""
    with pytest.raises(AzureError, match="Resource Graph"):
        scan(stage.azure, ScanOptions(management_groups=("no-such",)))


@pytest.mark.parametrize(
    "options",
    [
        ScanOptions(subscriptions=(DB,), management_groups=("shop",)),
        ScanOptions(management_groups=("shop",), fresh=True),
    ],
)
def test_scopes_that_contradict_are_refused(stage: Stage, options: ScanOptions) -> None:
    """Nothing is sent."""
    with pytest.raises(UsageError):
        scan(stage.azure, options)

    assert [] == stage.requests()


def test_many_rows_take_no_more_pages_than_graph_asks_for(tmp_path: Path) -> None:
    """1,050 failing VMs are two pages of items, two of collections, and one each of the others."""
    estate = make_estate(Shape(vms=1050, subscriptions=2, failing_every=1, locked_every=99))
    stage = open_stage(tmp_path, estate, subscription=subscription_of(0), page_size=1000)

    found = scan(stage.azure, ScanOptions(points=CountPoints.NONE))

    assert 1050 == len(found.failing)
    assert {"subscriptions": 1, "resources": 6, "locks": 2} == kinds_of(stage)


def test_the_quota_of_questions_is_waited_for_and_never_run_into(tmp_path: Path) -> None:
    """Resource Graph says how many are left, and until when."""
    stage = stage_of(tmp_path, replace(built_in("estate"), limits=Limits(resource_graph=1)))
    began = stage.world.clock.now()

    found = scan(stage.azure, ScanOptions(points=CountPoints.NONE))

    statuses = {each["status"] for each in stage.requests()}
    assert {200} == statuses
    assert 15 <= (stage.world.clock.now() - began).total_seconds()
    assert set(EXPECTED) == set(told(found))


@pytest.mark.parametrize("fresh", [False, True])
def test_a_backup_that_was_cancelled_is_no_failure(
    tmp_path: Path,
    fresh: bool,  # noqa: FBT001 - a parameter of the table
) -> None:
    """Whoever is asked; the item itself calls it one."""
    stage = stage_of(tmp_path, _with_cancelled(built_in("estate"), "db-11"))

    found = scan(stage.azure, ScanOptions(subscriptions=(DB,), fresh=fresh))

    assert "db-11" not in told(found)


def _with_cancelled(base: Scenario, name: str) -> Scenario:
    """Cancel the last backup of a VM."""
    resources = []
    for each in base.resources:
        properties = each.get("properties", {})
        if each["id"].endswith(f";{name}") and "/protectedItems/" in each["id"]:
            properties = {**properties, "lastBackupStatus": "Failed"}
        if "/backupJobs/" in each["id"] and properties["containerName"].endswith(f";{name}"):
            properties = {**properties, "status": "Cancelled"}
        resources.append({**each, "properties": properties} if properties else each)
    return replace(base, resources=tuple(resources))


def test_a_late_copy_is_told_with_what_is_read_now(tmp_path: Path) -> None:
    """A VM that was mended a minute ago may still be told: plans read their targets themselves."""
    late = replace(built_in("estate"), operations={"resourceGraphLag": Timing(seconds=600)})
    stage = stage_of(tmp_path, late)
    (item,) = (each for each in stage.documents(_ITEM) if each["name"].endswith(";db-04"))
    job = next(
        each
        for each in stage.documents(JOB_TYPE)
        if each["properties"]["containerName"].endswith(";db-04")
    )
    healed = {"lastBackupStatus": "Completed", "healthStatus": "Passed", "healthDetails": []}
    stage.world.documents.put({**item, "properties": {**item["properties"], **healed}})
    stage.world.documents.put(
        {**job, "properties": {**job["properties"], "status": "Completed", "errorDetails": []}}
    )

    late_word = told(scan(stage.azure))
    fresh_word = told(scan(stage.azure, ScanOptions(fresh=True)))

    assert Risk.FAILING in late_word["db-04"][0]
    assert (Risk.LOCKED,) == fresh_word["db-04"][0]


_ITEM = "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems"


def test_an_estate_without_vaults_is_well() -> None:
    """Nothing is protected, nothing fails."""
    empty = without_resources(built_in("healthy"), "Microsoft.RecoveryServices", "restorePoint")
    azure = connect_app(App(World(empty)))

    found = scan(azure)

    assert ((), (), 0) == (found.vms, found.gaps, found.protected)
