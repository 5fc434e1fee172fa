"""Deletions in bad weather: throttled, lost, failing late, in use."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from azremedy import api
from azremedy.domain.events import StepProgressed
from azremedy.sandbox.scenario import Fault, Timing
from tests.support.stages import (
    COLLECTION_TYPE,
    DELETE_COLLECTION,
    DELETE_EXTENSION,
    EXTENSION_TYPE,
    POINT_TYPE,
    POLL,
    Stage,
    answered,
    built_in,
    names,
    open_stage,
    states,
    with_faults,
)

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.domain.events import Event
    from azremedy.domain.run import Run

IN_USE = "DiskRestorePointUsedByCustomer"


def failed_operation(code: str = "InternalExecutionError", *, times: int = 1) -> Fault:
    """Let an operation tell that it failed."""
    body = {"status": "Failed", "error": {"code": code, "message": "It did not work."}}
    return answered(POLL, 200, times=times, body=body)


def clean(stage: Stage, listen: Any = lambda _: None) -> Run:
    """Delete the collection of web-1."""
    return stage.apply(api.plan_clean(stage.azure, names("web-1")), listen=listen)


def reset(stage: Stage) -> Run:
    """Uninstall the extension of web-1."""
    return stage.apply(api.plan_reset(stage.azure, names("web-1")))


def deletions(stage: Stage) -> list[int]:
    """Give the answers that deletions got, in order."""
    return [each["status"] for each in stage.requests() if each["method"] == "DELETE"]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (answered(DELETE_COLLECTION, 429, times=2, headers={"Retry-After": "20"}), [429, 429, 202]),
        (answered(DELETE_COLLECTION, 500), [500, 202]),
        (answered(DELETE_COLLECTION, 503, times=3), [503, 503, 503, 202]),
        (Fault(match=DELETE_COLLECTION, lose="request"), [202]),
        (Fault(match=DELETE_COLLECTION, drop=True), [202]),
        (failed_operation(), [202, 202]),
        (failed_operation(times=2), [202, 202, 202]),
        (answered(POLL, 500, times=9), [202]),
        (answered(POLL, 429, times=9), [202]),
        (Fault(match=POLL, drop=True, times=9), [202]),
    ],
    ids=[
        "429",
        "500",
        "503",
        "request lost",
        "dropped",
        "failed late",
        "failed late twice",
        "polls answered 500",
        "polls throttled",
        "polls lost",
    ],
)
def test_a_collection_goes_in_spite_of_trouble(
    tmp_path: Path, fault: Fault, expected: list[int]
) -> None:
    """What may pass is tried again; a failing look at an operation is no second deletion."""
    stage = open_stage(tmp_path, with_faults(built_in("healthy"), fault))

    run = clean(stage)

    assert ("done",) == states(run)
    assert stage.documents(COLLECTION_TYPE) == []
    assert expected == deletions(stage)


@pytest.mark.parametrize(
    ("fault", "state", "code", "sent"),
    [
        (answered(DELETE_COLLECTION, 429, times=99), "failed", 3, 6),
        (answered(DELETE_COLLECTION, 429, headers={"Retry-After": "3600"}), "failed", 3, 1),
        (answered(DELETE_COLLECTION, 500, times=99), "unknown", 3, 6),
        (answered(DELETE_COLLECTION, 409, code="Conflict"), "failed", 3, 1),
        (answered(DELETE_COLLECTION, 403, code="AuthorizationFailed"), "failed", 5, 1),
        (answered(DELETE_COLLECTION, 409, code=IN_USE), "failed", 3, 1),
        (failed_operation(times=3), "failed", 3, 3),
        (failed_operation(IN_USE, times=3), "failed", 3, 1),
        (failed_operation("ScopeLocked", times=3), "failed", 4, 1),
        (failed_operation("TooManyRequests", times=3), "failed", 3, 3),
    ],
    ids=[
        "throttled",
        "told to come back in an hour",
        "500",
        "conflict",
        "forbidden",
        "in use at once",
        "failed late",
        "in use",
        "locked late",
        "throttled late",
    ],
)
def test_a_collection_that_stays_is_a_failure(
    tmp_path: Path, fault: Fault, state: str, *, code: int, sent: int
) -> None:
    """After so many attempts as make sense the run says what Azure said."""
    stage = open_stage(tmp_path, with_faults(built_in("healthy"), fault))

    run = clean(stage)

    assert (state,) == states(run)
    assert code == run.exit_code
    assert sent == len(deletions(stage))
    assert run.steps[0].error is not None
    assert run.steps[0].error.answer is not None


@pytest.mark.parametrize(
    "fault", [failed_operation(IN_USE), answered(DELETE_COLLECTION, 409, code=IN_USE)]
)
def test_a_disk_in_use_is_explained(tmp_path: Path, fault: Fault) -> None:
    """Who reads a disk of a point must stop first: no attempt can help."""
    stage = open_stage(tmp_path, with_faults(built_in("healthy"), fault))

    run = clean(stage)

    assert run.steps[0].error is not None
    assert "SAS" in run.steps[0].error.advice


def test_a_lost_answer_is_looked_after(tmp_path: Path) -> None:
    """All answers are lost but the deletion was carried out: that is seen, not guessed."""
    base = with_faults(
        built_in("healthy"), Fault(match=DELETE_COLLECTION, lose="response", times=99)
    )
    quick = replace(base, operations={"deleteRestorePointCollection": Timing(seconds=1)})
    stage = open_stage(tmp_path, quick)

    run = clean(stage)

    assert ("done",) == states(run)
    assert stage.documents(COLLECTION_TYPE) == []


def test_a_lost_answer_of_a_long_deletion_is_followed_by_looking(tmp_path: Path) -> None:
    """Azure shows that it is deleting the collection: it is sent no second time, but waited for."""
    base = with_faults(
        built_in("healthy"), Fault(match=DELETE_COLLECTION, lose="response", times=99)
    )
    slow = replace(base, operations={"deleteRestorePointCollection": Timing(seconds=3600)})
    stage = open_stage(tmp_path, slow)

    run = clean(stage)

    assert ("done",) == states(run)
    assert stage.documents(COLLECTION_TYPE) == []


def test_between_attempts_the_world_is_looked_at_again(tmp_path: Path) -> None:
    """A point that was made after the first attempt is not deleted by the second."""
    stage = open_stage(tmp_path, with_faults(built_in("healthy"), failed_operation()))

    def listen(event: Event) -> None:
        if isinstance(event, StepProgressed):
            point = stage.documents(POINT_TYPE)[0]
            point["id"] = point["id"].rpartition("/")[0] + "/AzureBackup_20261120_080030"
            stage.world.documents.put({**point, "name": "AzureBackup_20261120_080030"})

    run = clean(stage, listen)

    assert ("failed",) == states(run)
    assert run.exit_code == 7
    assert deletions(stage) == [202]


def test_a_collection_that_goes_between_attempts_is_done(tmp_path: Path) -> None:
    """The first attempt reported a failure and worked all the same."""
    stage = open_stage(tmp_path, with_faults(built_in("healthy"), failed_operation()))

    def listen(event: Event) -> None:
        if isinstance(event, StepProgressed):
            stage.world.clock.advance(60)

    run = clean(stage, listen)

    assert ("done",) == states(run)
    assert deletions(stage) == [202]


@pytest.mark.parametrize("name", ["deleteRestorePointCollection", "deleteExtension"])
def test_patience_with_a_deletion_ends(tmp_path: Path, name: str) -> None:
    """After two hours what still stands is told, not waited for any longer."""
    base = built_in("healthy")
    stage = open_stage(tmp_path, replace(base, operations={name: Timing(seconds=86400)}))

    run = clean(stage) if "Collection" in name else reset(stage)

    assert ("unknown",) == states(run)
    assert run.exit_code == 3
    assert deletions(stage) == [202]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (answered(DELETE_EXTENSION, 429, times=2), [429, 429, 202]),
        (answered(DELETE_EXTENSION, 500), [500, 202]),
        (Fault(match=DELETE_EXTENSION, drop=True), [202]),
        (answered(POLL, 503, times=9), [202]),
    ],
    ids=["429", "500", "dropped", "polls answered 503"],
)
def test_an_extension_goes_in_spite_of_trouble(
    tmp_path: Path, fault: Fault, expected: list[int]
) -> None:
    """As with collections."""
    stage = open_stage(tmp_path, with_faults(built_in("healthy"), fault))

    run = reset(stage)

    assert ("done",) == states(run)
    assert stage.documents(EXTENSION_TYPE) == []
    assert expected == deletions(stage)


def test_the_lost_answer_of_an_uninstallation_is_looked_after(tmp_path: Path) -> None:
    """Only the answer was lost: nothing reports the extension any more."""
    base = with_faults(
        built_in("healthy"), Fault(match=DELETE_EXTENSION, lose="response", times=99)
    )
    stage = open_stage(tmp_path, replace(base, operations={"deleteExtension": Timing(seconds=1)}))

    run = reset(stage)

    assert ("done",) == states(run)
    assert stage.documents(EXTENSION_TYPE) == []


def test_an_extension_that_fails_to_go_is_a_failure(tmp_path: Path) -> None:
    """Uninstallations are not repeated: the agent has had its chance."""
    stage = open_stage(tmp_path, with_faults(built_in("healthy"), failed_operation()))

    run = reset(stage)

    assert ("failed",) == states(run)
    assert deletions(stage) == [202]
