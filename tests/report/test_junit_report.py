"""Pipelines read runs, plans and scans as test results."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, fromstring

from azremedy.domain.evidence import Unreadable
from azremedy.domain.plan import Decision, Verdict
from azremedy.domain.run import StepResult, StepState
from azremedy.report.junit import write_junit

if TYPE_CHECKING:
    from azremedy.report.material import Material


def read(text: str) -> Element:
    """Read what was written."""
    return fromstring(text)  # noqa: S314 - it is our own


def counts(element: Element) -> tuple[str | None, ...]:
    """Give the totals."""
    return tuple(element.get(name) for name in ("tests", "failures", "errors", "skipped"))


def test_run_has_a_case_for_each_step(failed: Material) -> None:
    """Done, failed with Azure's answer, and not reached."""
    root = read(write_junit(failed))
    (failure,) = root.iter("failure")
    cases = root.findall(".//testcase")

    assert ("5", "1", "0", "2") == counts(root) == counts(root[0])
    assert "OperationNotAllowed" in str(failure.text)
    assert "Azure: 409" in str(failure.text)
    assert cases[1].get("name") == (
        "2. remove CanNotDelete lock 'no-deletes' at group AzureBackupRG_westeurope_1"
    )
    assert ("30.040", "20.000") == tuple(case.get("time") for case in cases[:2])
    assert "request " in str(cases[1][0].text)
    assert failed.run_id == root[0][0][0].get("value")


def test_locks_put_back_are_a_suite(left_off: Material) -> None:
    """Locks belong to no single target."""
    root = read(write_junit(left_off))

    assert "locks put back" == root[-1].get("name")
    assert ("1", "1", "0", "0") == counts(root[-1])


def test_plan_is_skipped_as_a_whole(planned: Material) -> None:
    """Nothing was done."""
    root = read(write_junit(planned))

    assert ("4", "0", "0", "4") == counts(root)
    assert {"planned"} == {each.get("message") for each in root.iter("skipped")}


def test_outcome_that_nobody_saw_is_an_error(failed: Material) -> None:
    """So is a failure without an error, and an outcome without words is no error."""
    results = {
        1: StepResult(number=1, state=StepState.DONE),
        2: StepResult(number=2, state=StepState.FAILED, message="odd"),
    }
    root = read(write_junit(replace(failed, results=results, unknown=frozenset({3}))))

    assert ("5", "1", "1", "2") == counts(root)
    assert "nobody saw its outcome" == next(root.iter("error")).get("message")
    assert 0 == len(root.findall(".//testcase")[0])


def test_refusals_and_gaps_are_cases(planned: Material) -> None:
    """What forbids a plan fails, what could not be read is an error, a warning is neither."""
    verdicts = tuple(
        Verdict(guard="g", decision=decision, subject="s", message="m")
        for decision in (Decision.REFUSE, Decision.WARN)
    )
    gaps = (Unreadable(source="locks", why="no right"),)
    target = replace(planned.plan.targets[0], steps=(), verdicts=verdicts, gaps=gaps)
    root = read(write_junit(replace(planned, plan=replace(planned.plan, targets=(target,)))))

    assert ("2", "1", "1", "0") == counts(root)


def test_nothing_to_do_is_a_good_case(planned: Material) -> None:
    """Pipelines take an empty suite for a mistake."""
    target = replace(planned.plan.targets[0], steps=())
    root = read(write_junit(replace(planned, plan=replace(planned.plan, targets=(target,)))))

    assert ("1", "0", "0", "0") == counts(root)
    assert "nothing to do" == root[0][0].get("name")


def test_signs_that_xml_cannot_hold_are_replaced(failed: Material) -> None:
    """Azure's free text may hold anything; secrets are taken out of it."""
    message = "a\x00b\ud800 <&> ?sv=1&sig=4Canary8Of0Thirty2Characters%3D"
    results = {1: StepResult(number=1, state=StepState.FAILED, message=message)}
    text = write_junit(replace(failed, results=results))

    assert str(next(read(text).iter("failure")).get("message")).startswith("a\ufffdb\ufffd <&>")
    assert "4Canary8" not in text
