"""A whole estate is scanned: by Resource Graph where it answers, else by each service."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from azremedy.api.connect import connect_app
from azremedy.api.scan import (
    ScanOptions,
    check_origin,
    choose_vms,
    find_failed,
    load_scan,
    parse_scan,
    save_scan,
    scan,
)
from azremedy.domain.estate import ReadFrom, Risk, Scan
from azremedy.domain.sightings import CountPoints
from azremedy.errors import AzureError, RefusedError, TargetNotFoundError, UsageError
from azremedy.sandbox import App, World
from azremedy.sandbox.scenario import Fault, Grant, Limits, Match, Timing
from azremedy.wire import from_json, json_schema, to_json
from tests.benchmarks.estates import Shape, make_estate, subscription_of
from tests.support.stages import (
    JOB_TYPE,
    Stage,
    answered,
    built_in,
    changed,
    open_stage,
    path_of,
    with_faults,
    without_resources,
)

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.sandbox.scenario import Scenario

APP, WEB, DB = (f"5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a00{each}" for each in (1, 2, 3))
GRAPH = Match(method="POST", path="*/Microsoft.ResourceGraph/resources")
AGENT = "UserErrorGuestAgentStatusUnavailable"
LIMIT = "UserErrorRpCollectionLimitReached"
EMPTY = {"totalRecords": 0, "count": 0, "data": [], "facets": [], "resultTruncated": "false"}


def asked_about(text: str, **answer: Any) -> Fault:
    """Spoil the answer to questions that hold a text."""
    return answered(replace(GRAPH, body=text), answer.pop("status", 200), **answer)


def stage_of(folder: Path, what: str | Scenario = "estate") -> Stage:
    """Open a world with pages as long as Resource Graph's."""
    return open_stage(folder, what, subscription=DB, page_size=1000)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """Give the world of 32 VMs in three subscriptions."""
    return stage_of(tmp_path)


def kinds_of(stage: Stage) -> dict[str, int]:
    """Count requests by what they were about."""
    found: dict[str, int] = {}
    for each in stage.requests():
        path = path_of(each)
        kind = "collection" if "/restorePointCollections/" in path else path.rpartition("/")[2]
        found[kind] = found.get(kind, 0) + 1
    return found


def told(found: Scan) -> dict[str, tuple[Any, ...]]:
    """Put what is told of each VM into a few words."""
    return {
        vm.id.name: (
            vm.risks,
            vm.cause,
            vm.failures,
            vm.points,
            len(vm.locks) if vm.locks is not None else None,
        )
        for vm in found.vms
    }


EXPECTED = {
    "app-03": ((Risk.FAILING, Risk.LOCKED, Risk.NEAR_LIMIT), LIMIT, 1, 18, 1),
    "app-04": ((Risk.LOCKED,), "point-group-locked", None, 12, 1),
    "web-02": ((Risk.FAILING,), "ExtensionOperationFailedForManagedDisks", 1, None, 0),
    "web-05": ((Risk.FAILING,), AGENT, 1, None, 0),
    "db-01": ((Risk.FAILING, Risk.LOCKED, Risk.NEAR_LIMIT), LIMIT, 2, 18, 1),
    "db-02": ((Risk.FAILING, Risk.LOCKED, Risk.NEAR_LIMIT), LIMIT, 1, 18, 1),
    "db-03": ((Risk.LOCKED, Risk.NEAR_LIMIT), "point-group-locked", None, 16, 1),
    "db-04": ((Risk.FAILING, Risk.LOCKED), AGENT, 1, 1, 1),
    "db-05": ((Risk.LOCKED,), "point-group-locked", None, 2, 1),
    "db-06": ((Risk.FAILING, Risk.CHRONIC), AGENT, 4, None, 0),
    "db-08": ((Risk.CHRONIC,), "fails-often", 3, None, 0),
    "db-09": ((Risk.PAUSED,), "UserErrorBcmDatasourceNotPresent", 0, None, 0),
    "db-10": ((Risk.WARNINGS,), "ended-with-warnings", 0, None, 0),
}
"""All VMs in trouble; db-07 failed, and was well the next night."""


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
    before = kinds_of(stage)["resources"]

    found = scan(stage.azure, ScanOptions(fresh=True))

    listed = {name: told(found)[name] for name in EXPECTED}
    assert {
        **EXPECTED,
        **{name: (*each[:2], *listed[name][2:]) for name, each in EXPECTED.items()},
    } == listed
    assert {each.id for each in by_graph.orphans} == {each.id for each in found.orphans}
    assert {each.id for each in by_graph.locked_groups} == {each.id for each in found.locked_groups}
    assert by_graph.groups == found.groups
    assert {ReadFrom.SERVICES} == {each.read_from for each in found.subscriptions}
    assert [10, 9, 12] == [each.protected for each in found.subscriptions]
    graph = [each for each in stage.requests() if "ResourceGraph" in each["url"]]
    assert 4 == len(graph)
    assert before


def test_where_graph_is_denied_each_service_is_asked(tmp_path: Path) -> None:
    """The whole estate is told all the same, and why it was not Graph."""
    denied = answered(GRAPH, 403, code="AuthorizationFailed", times=9)
    stage = stage_of(tmp_path, with_faults(built_in("estate"), denied))

    found = scan(stage.azure)

    assert set(EXPECTED) == set(told(found))
    assert () == found.gaps
    assert {ReadFrom.SERVICES} == {each.read_from for each in found.subscriptions}
    assert all("AuthorizationFailed" in each.why for each in found.subscriptions)


def test_an_answer_with_holes_is_not_used(tmp_path: Path) -> None:
    """Fewer rows than there are, and no way to the others: each service is asked."""
    cut = asked_about("jobStatus", body={**EMPTY, "totalRecords": 7, "resultTruncated": "true"})
    stage = stage_of(tmp_path, with_faults(built_in("estate"), cut))

    found = scan(stage.azure)

    assert set(EXPECTED) == set(told(found))
    assert all("0 of 7 rows" in each.why for each in found.subscriptions)


def test_a_subscription_that_graph_does_not_show_is_read_otherwise(tmp_path: Path) -> None:
    """It leaves out without a word what it may not tell; nobody takes that for an empty one."""
    row = {"id": f"/subscriptions/{WEB}", "subscriptionId": WEB, "name": "web", "protected": 9}
    shown = asked_about("summarize protected", body={**EMPTY, "totalRecords": 1, "data": [row]})
    stage = stage_of(tmp_path, with_faults(built_in("estate"), shown))

    found = scan(stage.azure)

    assert [ReadFrom.SERVICES, ReadFrom.GRAPH, ReadFrom.SERVICES] == [
        each.read_from for each in found.subscriptions
    ]
    assert set(EXPECTED) == set(told(found))


def test_a_failure_whose_job_graph_does_not_know_is_looked_up(tmp_path: Path) -> None:
    """The item says that it failed: its vault's jobs are listed, once for all of them."""
    late = asked_about("jobStatus", body=_late_items())
    stage = stage_of(tmp_path, with_faults(built_in("estate"), late))

    found = scan(stage.azure, ScanOptions(points=CountPoints.NONE))

    (db_06,) = (vm for vm in found.vms if vm.id.name == "db-06")
    assert db_06.last_job is not None
    assert db_06.last_job.id is not None
    assert 4 == db_06.failures
    assert 1 == kinds_of(stage)["backupJobs"]


def _late_items() -> dict[str, Any]:
    items = [
        each
        for each in built_in("estate").resources
        if "/protecteditems/" in each["id"].lower() and each["id"].endswith(";db-06")
    ]
    rows = [{"id": each["id"], "properties": each["properties"]} for each in items]
    return {**EMPTY, "totalRecords": len(rows), "count": len(rows), "data": rows}


def test_jobs_that_cannot_be_looked_up_are_a_gap(tmp_path: Path) -> None:
    """The VM is told as failing all the same, by what its item says."""
    late = asked_about("jobStatus", body=_late_items())
    denied = answered(Match(method="GET", path="*/backupJobs"), 403, code="AuthorizationFailed")
    stage = stage_of(tmp_path, with_faults(built_in("estate"), late, denied))

    found = scan(stage.azure, ScanOptions(points=CountPoints.NONE))

    (db_06,) = (vm for vm in found.vms if vm.id.name == "db-06")
    assert AGENT == db_06.cause
    assert ["missing permission Microsoft.RecoveryServices/Vaults/backupJobs/read"] == [
        gap.why for gap in db_06.gaps
    ]
    assert db_06.gaps[0] in found.gaps


def _without_codes(base: Scenario, name: str, dynamic: str) -> Scenario:
    """Have a VM's job tell its code only where it is read by itself, and its health none."""
    part = f";{name}"
    green = {
        "code": 400239,
        "title": "IaasVmHealthGreenDefault",
        "message": "",
        "recommendations": [],
    }
    resources = []
    for each in base.resources:
        properties = each.get("properties", {})
        if each["id"].endswith(part) and "protectedItems" in each["id"]:
            properties = {**properties, "healthStatus": "Passed", "healthDetails": [green]}
        if "/backupJobs/" in each["id"] and properties.get("containerName", "").endswith(part):
            extended = {**properties["extendedInfo"], "dynamicErrorMessage": dynamic}
            properties = {**properties, "extendedInfo": extended, "errorDetails": []}
        resources.append({**each, "properties": properties} if properties else each)
    return replace(base, resources=tuple(resources))


def test_a_failure_without_a_code_is_read_by_itself(tmp_path: Path) -> None:
    """Lists of jobs leave out what only the job's own answer has."""
    base = _without_codes(built_in("estate"), "db-04", f"Backup failed: {AGENT}.")
    stage = stage_of(tmp_path, base)

    found = scan(stage.azure, ScanOptions(points=CountPoints.NONE))

    (db_04,) = (vm for vm in found.vms if vm.id.name == "db-04")
    reads = [path_of(each) for each in stage.requests() if "/backupJobs/" in path_of(each)]
    assert AGENT == db_04.cause
    assert 1 == len(reads)


def test_a_code_that_cannot_be_read_is_a_gap(tmp_path: Path) -> None:
    """The VM is told as failing without a code."""
    base = _without_codes(built_in("estate"), "db-04", AGENT)
    denied = answered(Match(method="GET", path="*/backupJobs/*"), 403, code="AuthorizationFailed")
    stage = stage_of(tmp_path, with_faults(base, denied))

    found = scan(stage.azure, ScanOptions(points=CountPoints.NONE))

    (db_04,) = (vm for vm in found.vms if vm.id.name == "db-04")
    assert "(no code)" == db_04.cause
    assert db_04.gaps
    assert set(db_04.gaps) <= set(found.gaps)


def test_locks_that_cannot_be_read_are_a_gap_of_their_subscription(tmp_path: Path) -> None:
    """Its VMs have unknown locks; those of the others are told."""
    denied = answered(
        Match(method="GET", path=f"/subscriptions/{DB}/*/locks"), 403, code="AuthorizationFailed"
    )
    stage = stage_of(tmp_path, with_faults(built_in("estate"), denied))

    found = scan(stage.azure)

    locks = {vm.id.name: vm.locks for vm in found.vms}
    assert [None, 1] == [locks["db-01"], len(locks["app-03"] or ())]
    assert "db-05" not in locks
    assert ["missing permission Microsoft.Authorization/locks/read"] == [
        gap.why for gap in found.gaps
    ]


def test_points_that_cannot_be_read_are_a_gap(tmp_path: Path) -> None:
    """Their VM is told without a count."""
    denied = answered(
        Match(method="GET", path="*/AzureBackup_db-03_*"), 403, code="AuthorizationFailed"
    )
    stage = stage_of(tmp_path, with_faults(built_in("estate"), denied))

    found = scan(stage.azure)

    assert ((Risk.LOCKED,), "point-group-locked", None, None, 1) == told(found)["db-03"]
    assert 1 == len(found.gaps)


def test_a_collection_that_has_gone_meanwhile_is_none(tmp_path: Path) -> None:
    """Resource Graph may still know what is deleted already."""
    gone = answered(Match(method="GET", path="*/AzureBackup_db-05_*"), 404, code="ResourceNotFound")
    stage = stage_of(tmp_path, with_faults(built_in("estate"), gone))

    found = scan(stage.azure)

    assert "db-05" not in told(found)
    assert () == found.gaps


def test_all_points_are_counted_when_that_is_asked_for(stage: Stage) -> None:
    """A request for each collection; none when none is wanted."""
    scan(stage.azure, ScanOptions(subscriptions=(DB,), points=CountPoints.NONE))
    before = kinds_of(stage).get("collection", 0)

    scan(stage.azure, ScanOptions(subscriptions=(DB,), points=CountPoints.ALL))

    assert 0 == before
    assert 13 == kinds_of(stage)["collection"]


def test_a_subscription_in_which_nothing_can_be_read_is_told_so(tmp_path: Path) -> None:
    """Nobody answered for it; the others are told."""
    denied = Match(method="GET", path=f"/subscriptions/{WEB}/*")
    base = with_faults(
        built_in("estate"),
        answered(GRAPH, 403, code="AuthorizationFailed", times=9),
        answered(denied, 403, code="AuthorizationFailed", times=99),
    )
    stage = stage_of(tmp_path, base)

    found = scan(stage.azure)

    assert [ReadFrom.SERVICES, ReadFrom.NOBODY, ReadFrom.SERVICES] == [
        each.read_from for each in found.subscriptions
    ]
    assert (None, None) == (found.subscriptions[1].protected, found.subscriptions[1].read_at)
    assert {name for name in EXPECTED if not name.startswith("web")} == set(told(found))
    assert found.gaps


def test_a_vault_that_cannot_be_read_leaves_the_count_open(tmp_path: Path) -> None:
    """How many VMs are protected is then unknown, not fewer."""
    denied = answered(
        Match(method="GET", path="*/vault-db-neu/backupProtectedItems"),
        403,
        code="AuthorizationFailed",
    )
    stage = stage_of(tmp_path, with_faults(built_in("estate"), denied))

    found = scan(stage.azure, ScanOptions(subscriptions=(DB,), fresh=True))

    assert found.subscriptions[0].protected is None
    assert {"db-01", "db-02", "db-03", "db-04", "db-05"} == set(told(found))
    assert 1 == len(found.gaps)


def test_vms_that_cannot_be_listed_are_not_taken_for_gone(tmp_path: Path) -> None:
    """Nothing is called an orphan then."""
    denied = answered(
        Match(method="GET", path="*/Microsoft.Compute/virtualMachines"),
        403,
        code="AuthorizationFailed",
    )
    stage = stage_of(tmp_path, with_faults(built_in("estate"), denied))

    found = scan(stage.azure, ScanOptions(subscriptions=(DB,), fresh=True))

    assert () == found.orphans
    assert {None} == {vm.exists for vm in found.vms}


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


def test_a_subscription_that_cannot_be_seen_is_a_gap(tmp_path: Path) -> None:
    """Its GUID is taken as it is; nobody answers for it."""
    seen = (Grant(scope=f"/subscriptions/{DB}", actions=("*",)),)
    stage = stage_of(tmp_path, replace(built_in("estate"), caller=seen))

    found = scan(stage.azure, ScanOptions(subscriptions=(DB, WEB)))

    assert [ReadFrom.GRAPH, ReadFrom.NOBODY] == [each.read_from for each in found.subscriptions]
    assert found.gaps


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


def test_only_so_many_jobs_are_read_by_themselves(tmp_path: Path) -> None:
    """The vaults answer few such reads an hour: the rest is told as not read."""
    estate = make_estate(Shape(vms=103, failing_every=1, cleared_every=104, locked_every=99))
    bare = tuple(_bare(each) for each in estate.resources)
    stage = open_stage(
        tmp_path, replace(estate, resources=bare), subscription=subscription_of(0), page_size=1000
    )

    found = scan(stage.azure, ScanOptions(points=CountPoints.NONE))

    reads = [each for each in stage.requests() if "/backupJobs/" in path_of(each)]
    assert 100 == len(reads)
    assert 103 == len(found.failing)
    assert 3 == len(found.gaps)


def _bare(document: dict[str, Any]) -> dict[str, Any]:
    """Leave the codes out of jobs and health."""
    properties = {
        name: value
        for name, value in document["properties"].items()
        if name not in {"errorDetails", "healthDetails"}
    }
    return {**document, "properties": properties}


def test_the_quota_of_questions_is_waited_for_and_never_run_into(tmp_path: Path) -> None:
    """Resource Graph says how many are left, and until when."""
    stage = stage_of(tmp_path, replace(built_in("estate"), limits=Limits(resource_graph=1)))
    began = stage.world.clock.now()

    found = scan(stage.azure, ScanOptions(points=CountPoints.NONE))

    statuses = {each["status"] for each in stage.requests()}
    assert {200} == statuses
    assert 15 <= (stage.world.clock.now() - began).total_seconds()
    assert set(EXPECTED) == set(told(found))


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


def test_a_scan_is_kept_and_read_again(stage: Stage, tmp_path: Path) -> None:
    """What was written is what is read, to the last word, and only its owner can."""
    found, path = scan(stage.azure), tmp_path / "scan.json"

    save_scan(found, path)

    assert found == load_scan(path)
    assert found == from_json(Scan, to_json(found))
    assert 0o600 == path.stat().st_mode & 0o777
    with pytest.raises(UsageError, match="cannot be kept"):
        save_scan(found, path)


def test_its_form_is_named_in_the_document_and_has_a_schema(stage: Stage) -> None:
    """Camel case, and a version to tell later forms by."""
    document = json.loads(to_json(scan(stage.azure)))
    schema = json_schema(Scan)

    assert "azremedy.scan/1" == document["schema"]
    assert isinstance(schema, dict)
    assert set(document) == set(schema["properties"])  # type: ignore[arg-type] # JSON
    assert "lockedGroups" in document


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"schema": "azremedy.plan/1"}',
        '{"schema": "azremedy.scan/2"}',
        '{"schema": "azremedy.scan/1"}',
    ],
)
def test_what_is_no_scan_is_refused(text: str, tmp_path: Path) -> None:
    """The message names the file, and never is it taken for an empty scan."""
    path = tmp_path / "other.json"
    path.write_text(text)

    with pytest.raises(UsageError, match=r"other\.json holds no scan"):
        load_scan(path)
    with pytest.raises(UsageError, match="here holds no scan"):
        parse_scan(text, "here")


def test_a_file_that_is_not_there_is_told_so(tmp_path: Path) -> None:
    """As is one that is no text."""
    path = tmp_path / "scan.json"
    with pytest.raises(UsageError, match="cannot be read"):
        load_scan(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="cannot be read"):
        load_scan(path)


def test_the_vms_of_a_scan_are_those_that_fail_or_have_a_cause(stage: Stage) -> None:
    """In its order; causes are compared without case, and an unknown one is refused."""
    found = scan(stage.azure)

    chosen = [each.name for each in choose_vms(found)]
    assert {name for name, each in EXPECTED.items() if Risk.FAILING in each[0]} == set(chosen)
    assert ["app-04", "db-03", "db-05"] == [
        each.name for each in choose_vms(found, ("Point-Group-Locked",))
    ]
    with pytest.raises(UsageError, match="no cause 'typo'"):
        choose_vms(found, ("typo",))


def test_a_scan_of_another_place_is_refused(stage: Stage) -> None:
    """The same ids may be other machines."""
    origin = scan(stage.azure).origin

    check_origin(stage.azure, origin)
    for other in (
        replace(origin, sandbox="healthy"),
        replace(origin, sandbox="", tenant_id="other"),
        replace(origin, cloud="https://management.chinacloudapi.cn"),
    ):
        with pytest.raises(RefusedError, match="The scan was made in"):
            check_origin(stage.azure, other)


def test_all_that_fail_are_those_of_the_connections_subscription(stage: Stage) -> None:
    """With a cause, those that have it."""
    assert {"db-01", "db-02", "db-04", "db-06"} == {each.name for each in find_failed(stage.azure)}
    assert {"db-03", "db-05"} == {
        each.name for each in find_failed(stage.azure, ("point-group-locked",))
    }


def test_all_cannot_be_said_where_something_could_not_be_read(tmp_path: Path) -> None:
    """Better no target than the wrong idea that these were all."""
    denied = answered(Match(method="GET", path="*/locks"), 403, code="AuthorizationFailed")
    stage = stage_of(tmp_path, with_faults(built_in("estate"), denied))

    with pytest.raises(RefusedError, match="Not all failing VMs can be found"):
        find_failed(stage.azure)


def test_an_estate_without_vaults_is_well() -> None:
    """Nothing is protected, nothing fails."""
    empty = without_resources(built_in("healthy"), "Microsoft.RecoveryServices", "restorePoint")
    azure = connect_app(App(World(empty)))

    found = scan(azure)

    assert ((), (), 0) == (found.vms, found.gaps, found.protected)


def test_a_job_that_names_no_container_is_found_through_its_vault(tmp_path: Path) -> None:
    """Resource Graph cannot tell whose it is; the vault's list can, by the VM's name."""
    nameless = changed(
        built_in("estate"),
        "0000000b-0000-4000-8000-000000000065",
        {},
    )
    resources = tuple(
        {**each, "properties": {**each["properties"], "containerName": ""}}
        if "/backupJobs/" in each["id"]
        and each["properties"].get("containerName", "").endswith(";db-04")
        else each
        for each in nameless.resources
    )
    stage = stage_of(tmp_path, replace(nameless, resources=resources))

    found = scan(stage.azure, ScanOptions(points=CountPoints.NONE))

    (db_04,) = (vm for vm in found.vms if vm.id.name == "db-04")
    assert db_04.last_job is not None
    assert db_04.last_job.id is not None
    assert 1 == kinds_of(stage)["backupJobs"]
