"""The estate of the scan tests: three subscriptions, 32 VMs, and what is to be found there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from azremedy.domain.estate import Risk, Scan
from azremedy.sandbox.scenario import Fault, Match
from tests.support.stages import (
    Stage,
    answered,
    open_stage,
    path_of,
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
