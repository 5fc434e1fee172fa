"""JSON of domain values: one schema, camelCase, ids and times as text."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, get_args

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from azremedy import wire
from azremedy.domain.events import Event, RunEnded, StepEnded, StepProgressed, StepStarted
from azremedy.domain.evidence import Reading, Unreadable
from azremedy.domain.plan import Plan, PlannedStep, TargetPlan
from azremedy.domain.planner.clean import CleanOptions
from azremedy.domain.planner.reset import ResetOptions
from azremedy.domain.planner.unlock_options import UnlockOptions
from azremedy.domain.resources import LockLevel, ManagementLock, VirtualMachine
from azremedy.domain.run import Run, RunState, StepError, StepResult, StepState
from azremedy.domain.steps import CreateLock, Step, WaitFor, WaitForJob
from azremedy.domain.worlds import GroupsEvidence, VmEvidence
from azremedy.engine.journal import EntryKind, JournalEntry
from azremedy.errors import AzureAnswer
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from collections.abc import Iterator

calmly = settings(
    deadline=None,
    max_examples=12,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
ROOT = "/subscriptions/5f0c2a6e-8d41-4b7a-9c35-2e1d7a90b8f4"
WHEN = datetime(2026, 11, 20, 8, tzinfo=UTC)

st.register_type_strategy(
    ResourceId,
    st.sampled_from([ROOT, f"{ROOT}/resourceGroups/Ünïted", f"{ROOT}/providers/A.B/c/d_e"]).map(
        ResourceId.parse
    ),
)
st.register_type_strategy(datetime, st.datetimes(timezones=st.just(UTC)))


def _plan(*steps: Step) -> Plan:
    planned = tuple(
        PlannedStep(number=number, step=step, reason="r") for number, step in enumerate(steps, 1)
    )
    target = TargetPlan(target=ResourceId.parse(ROOT), steps=planned)
    return Plan(command="c", created_at=WHEN, tool_version="0", targets=(target,))


def _run(plan: Plan) -> Run:
    steps = tuple(StepResult(number=p.number, state=StepState.PLANNED) for p in plan.steps)
    return Run(
        command="c", dry_run=True, state=RunState.PLANNED, plan=plan, steps=steps, exit_code=0
    )


def _strict(node: Any) -> Any:
    """Close every object of a schema, so that a name it does not know is an error."""
    if isinstance(node, list):
        return [_strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    closed = {key: _strict(item) for key, item in node.items()}
    return {**closed, "additionalProperties": False} if "properties" in node else closed


def _keys(node: wire.JsonValue) -> Iterator[str]:
    if isinstance(node, dict):
        yield from node
        for item in node.values():
            yield from _keys(item)
    elif isinstance(node, list):
        for item in node:
            yield from _keys(item)


def _validator(kind: type[Any]) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(_strict(wire.json_schema(kind)))


RUNS = _validator(Run)
PLANS = _validator(Plan)
GROUPS = _validator(GroupsEvidence)


@calmly
@given(st.from_type(Run))
def test_every_run_is_json_of_the_published_schema(run: Run) -> None:
    """Whatever a run holds, its JSON can be written and has the schema of ``Run``."""
    document = json.loads(wire.to_json(run))

    RUNS.validate(document)
    assert document == wire.to_document(run)
    assert all(re.fullmatch(r"[a-z][A-Za-z0-9]*", key) for key in _keys(document))


@pytest.mark.parametrize("kind", get_args(Step), ids=lambda kind: kind.__name__)
@calmly
@given(data=st.data())
def test_every_kind_of_step_can_be_planned_and_told(kind: type[Any], data: st.DataObject) -> None:
    """A plan of each kind of step has the schema of ``Plan`` and names the kind."""
    step = data.draw(st.builds(kind))
    document: Any = wire.to_document(_plan(step))

    PLANS.validate(document)
    assert kind.__name__ == document["targets"][0]["steps"][0]["step"]["kind"]


@calmly
@given(st.from_type(GroupsEvidence))
def test_found_groups_are_json_of_their_schema(evidence: GroupsEvidence) -> None:
    """What was read can be told as well as what is planned."""
    GROUPS.validate(json.loads(wire.to_json(evidence)))


def test_the_schema_itself_is_one() -> None:
    """The published schemas are well formed and closed only by this test."""
    for validator in (RUNS, PLANS, GROUPS):
        jsonschema.Draft202012Validator.check_schema(validator.schema)


def test_a_wrong_name_does_not_pass_the_schema() -> None:
    """The schema is not so wide that everything fits."""
    document: Any = wire.to_document(_run(_plan()))
    renamed = {"exit_code" if key == "exitCode" else key: v for key, v in document.items()}

    published: Any = wire.json_schema(Run)

    with pytest.raises(jsonschema.ValidationError, match="exitCode"):
        jsonschema.validate(renamed, published)


def test_a_dry_run_and_a_real_run_have_one_schema() -> None:
    """Only values differ: the names of a dry run are the names of a run."""
    dry = _run(_plan())
    real = replace(dry, dry_run=False, state=RunState.DONE, run_id="r", journal="j")

    assert sorted(_keys(wire.to_document(dry))) == sorted(_keys(wire.to_document(real)))


def test_json_is_written_as_people_and_pipelines_read_it() -> None:
    """Ids are text, times ISO 8601 in UTC, durations ISO 8601, letters stay letters."""
    answer = AzureAnswer(status=429, message="später", retry_after=timedelta(seconds=20))
    error = StepError(msgid="m", message="x", advice="y", exit_code=3, answer=answer)
    result = StepResult(number=1, state=StepState.FAILED, started_at=WHEN, error=error)
    expected = {
        "number": 1,
        "state": "failed",
        "message": "",
        "startedAt": "2026-11-20T08:00:00Z",
        "endedAt": None,
        "requestId": None,
        "correlationId": None,
        "error": {
            "msgid": "m",
            "message": "x",
            "advice": "y",
            "exitCode": 3,
            "answer": {
                "status": 429,
                "code": None,
                "message": "später",
                "requestId": None,
                "correlationId": None,
                "retryAfter": "PT20S",
            },
        },
        "job": None,
        "output": "",
    }

    assert expected == wire.to_document(result)
    assert "später" in wire.to_json(result)
    assert "\n" not in wire.to_json(result, indent=None)


def test_ids_are_text_wherever_they_stand() -> None:
    """An id is its text alone, in a list, and as a field."""
    id_ = ResourceId.parse(ROOT)

    assert ROOT == wire.to_document(id_)
    assert [ROOT, ROOT] == wire.to_document((id_, id_))


def test_an_id_is_read_from_its_text_and_a_wrong_one_is_refused() -> None:
    """The annotation that writes ids as text also reads them; ids are taken as they are."""
    from pydantic import TypeAdapter  # noqa: PLC0415 # only here

    reader = TypeAdapter(ResourceId)

    assert ResourceId.parse(ROOT) == reader.validate_python(ROOT)
    assert ResourceId.parse(ROOT) == reader.validate_python(ResourceId.parse(ROOT))
    assert {"type": "string"} == reader.json_schema(mode="validation")


def test_every_event_names_its_kind() -> None:
    """A stream of events can be told apart line by line."""
    wait = WaitForJob(item_id=ResourceId.parse(ROOT), until=WaitFor.JOB, timeout_s=1)
    planned = PlannedStep(number=1, step=wait, reason="r")
    result = StepResult(number=1, state=StepState.DONE)
    events: tuple[Event, ...] = (
        StepStarted(planned=planned),
        StepProgressed(planned=planned, message="m"),
        StepEnded(planned=planned, result=result),
        RunEnded(run=_run(_plan(wait))),
    )
    documents: Any = wire.to_document(events)

    assert [type(event).__name__ for event in events] == [each["kind"] for each in documents]


def test_unread_lists_are_told_as_gaps() -> None:
    """JSON, too, keeps "not read" apart from "empty"."""
    vm = VirtualMachine(id=ResourceId.parse(ROOT), vm_id="v", location="westeurope")
    gap = Unreadable(source="locks", why="missing permission", action="a/b/read")
    evidence = VmEvidence(vm=vm, read_at=WHEN, locks=Reading(gaps=(gap,)), groups=Reading())
    document: Any = wire.to_document(evidence)

    _validator(VmEvidence).validate(document)
    assert ("a/b/read", []) == (document["locks"]["gaps"][0]["action"], document["locks"]["values"])
    assert {"values": [], "gaps": [], "receipts": []} == document["groups"]
    assert "not asked for" == document["items"]["gaps"][0]["why"]


def test_options_are_written_without_pydantic() -> None:
    """A dry run writes nothing else, and pydantic takes a tenth of a second to load."""
    code = (
        "import sys\n"
        "from azremedy.domain.planner.unlock_options import UnlockOptions\n"
        "from azremedy.wire import to_json\n"
        "print(to_json(UnlockOptions(include_inherited=True), indent=None))\n"
        "print('pydantic' in sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    assert ['{"includeInherited": true}', "False"] == done.stdout.splitlines()


@pytest.mark.parametrize(
    "value", [UnlockOptions(), CleanOptions(unlock=True), ResetOptions(), AzureAnswer(code="c")]
)
def test_what_is_written_without_pydantic_is_what_it_would_write(value: Any) -> None:
    """One schema for all that is written, whoever writes it."""
    document = wire.to_document(value)

    _validator(type(value)).validate(document)
    assert value == wire.from_json(type(value), json.dumps(document))


@pytest.mark.parametrize("count", [1, 21, 40])
def test_long_plan_is_written_one_by_one_as_it_would_be_at_once(count: int) -> None:
    """The journal's line does not depend on how much memory it takes to write it."""
    lock = CreateLock(
        lock=ManagementLock(
            id=ResourceId.parse(f"{ROOT}/providers/Microsoft.Authorization/locks/l"),
            level=LockLevel.CAN_NOT_DELETE,
            notes="password=hunter2222",
        )
    )
    (target,) = _plan(lock).targets
    plan = replace(_plan(lock), targets=(target,) * count)
    entry = JournalEntry(entry=EntryKind.PLAN, at=WHEN, plan=plan)

    text = wire.to_json(entry, indent=None)
    spared = wire.to_json(entry, indent=None, spare=frozenset({"notes"}))

    assert wire.to_document(entry) == json.loads(text)
    assert "hunter2222" not in text
    assert count == spared.count("password=hunter2222")
    assert entry == wire.from_json(JournalEntry, spared)
