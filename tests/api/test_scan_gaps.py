"""What Resource Graph or a service does not tell a scan: looked up elsewhere, or told as a gap."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from azremedy.api.scan import (
    ScanOptions,
    scan,
)
from azremedy.domain.estate import ReadFrom, Risk
from azremedy.domain.sightings import CountPoints
from azremedy.sandbox.scenario import Grant, Match
from tests.benchmarks.estates import Shape, make_estate, subscription_of
from tests.support.scans import (
    AGENT,
    DB,
    EMPTY,
    EXPECTED,
    GRAPH,
    WEB,
    asked_about,
    kinds_of,
    stage_of,
    told,
)
from tests.support.stages import (
    answered,
    built_in,
    open_stage,
    path_of,
    with_faults,
)

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.sandbox.scenario import Scenario


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


def test_a_subscription_that_cannot_be_seen_is_a_gap(tmp_path: Path) -> None:
    """Its GUID is taken as it is; nobody answers for it."""
    seen = (Grant(scope=f"/subscriptions/{DB}", actions=("*",)),)
    stage = stage_of(tmp_path, replace(built_in("estate"), caller=seen))

    found = scan(stage.azure, ScanOptions(subscriptions=(DB, WEB)))

    assert [ReadFrom.GRAPH, ReadFrom.NOBODY] == [each.read_from for each in found.subscriptions]
    assert found.gaps


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


def test_a_job_that_names_no_container_is_found_through_its_vault(tmp_path: Path) -> None:
    """Resource Graph cannot tell whose it is; the vault's list can, by the VM's name."""
    base = built_in("estate")
    resources = tuple(
        {**each, "properties": {**each["properties"], "containerName": ""}}
        if "/backupJobs/" in each["id"]
        and each["properties"].get("containerName", "").endswith(";db-04")
        else each
        for each in base.resources
    )
    stage = stage_of(tmp_path, replace(base, resources=resources))

    found = scan(stage.azure, ScanOptions(points=CountPoints.NONE))

    (db_04,) = (vm for vm in found.vms if vm.id.name == "db-04")
    assert db_04.last_job is not None
    assert db_04.last_job.id is not None
    assert 1 == kinds_of(stage)["backupJobs"]
