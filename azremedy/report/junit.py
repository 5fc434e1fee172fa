"""A run, a plan or a scan as JUnit XML, which pipelines show as test results.

A suite is a target, a case is a step: what failed is a failure, what nobody saw the end of is an
error, what was not done is skipped. Of a scan a suite is a cause, and a case is a VM.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from azremedy.domain.plan import Decision
from azremedy.domain.run import SETTLED, StepState
from azremedy.redaction import redact
from azremedy.report.problem import describe_answer
from azremedy.report.step_words import would

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azremedy.domain.estate import Scan, ScannedVm
    from azremedy.domain.plan import PlannedStep, TargetPlan
    from azremedy.domain.run import StepError, StepResult
    from azremedy.report.material import Material

# XML 1.0 has no way to write these, not even escaped.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_COUNTED = ("failure", "error", "skipped")


def write_junit(material: Material) -> str:
    """Write a run or a plan as JUnit XML."""
    name = f"azremedy {material.plan.command}"
    root = Element("testsuites", name=_clean(name))
    for target in material.plan.targets:
        suite = _add_suite(root, str(target.target), material)
        _add_steps(suite, str(target.target), target.steps, material)
        _add_findings(suite, target)
    if material.plan.restores:
        suite = _add_suite(root, "locks put back", material)
        _add_steps(suite, "locks put back", material.plan.restores, material)
    return _finish(root)


def write_scan_junit(scan: Scan) -> str:
    """Write a scan as JUnit XML."""
    root = Element("testsuites", name="azremedy scan")
    for group in scan.groups:
        suite = SubElement(root, "testsuite", name=_clean(f"{group.cause}: {group.title}"))
        for vm in scan.vms:
            if vm.cause == group.cause:
                _add_vm(suite, vm)
    if scan.gaps:
        suite = SubElement(root, "testsuite", name="could be read")
        for gap in scan.gaps:
            _tell(_add_case(suite, gap.source, "could be read"), "error", gap.why)
    return _finish(root)


def _add_vm(suite: Element, vm: ScannedVm) -> None:
    case = _add_case(suite, str(vm.id), vm.cause)
    told = ", ".join(vm.risks)
    if vm.failing:
        _tell(case, "failure", told, kind=vm.cause)
    else:
        SubElement(case, "system-out").text = _clean(told)


def _add_suite(root: Element, name: str, material: Material) -> Element:
    suite = SubElement(root, "testsuite", name=_clean(name))
    if material.began is not None:
        suite.set("timestamp", f"{material.began:%Y-%m-%dT%H:%M:%S}")
    if material.run_id is not None:
        properties = SubElement(suite, "properties")
        SubElement(properties, "property", name="run", value=_clean(material.run_id))
    return suite


def _add_steps(
    suite: Element, target: str, planned: Iterable[PlannedStep], material: Material
) -> None:
    for each in planned:
        what = would(each.step).removeprefix("would ")
        case = _add_case(suite, f"{each.number}. {what}", target)
        result = material.results.get(each.number)
        if result is not None and result.started_at and result.ended_at:
            took = (result.ended_at - result.started_at).total_seconds()
            case.set("time", f"{took:.3f}")
        _tell_state(case, material.find_state(each.number), result)


def _tell_state(case: Element, state: StepState | None, result: StepResult | None) -> None:
    message = result.message if result else ""
    if state is StepState.FAILED and result and result.error:
        _tell(case, "failure", message, kind=result.error.msgid, text=_explain(result.error))
    elif state is StepState.FAILED:
        _tell(case, "failure", message)
    elif state is StepState.UNKNOWN:
        _tell(case, "error", message or "nobody saw its outcome", kind="outcome-unknown")
    elif state not in SETTLED:
        _tell(case, "skipped", message or ("planned" if state else "not reached"))
    elif message or (result and result.request_id):
        request = f"request {result.request_id}" if result and result.request_id else ""
        told = "\n".join(each for each in (message, request) if each)
        SubElement(case, "system-out").text = _clean(told)


def _explain(error: StepError) -> str:
    answer = f"Azure: {describe_answer(error.answer)}" if error.answer else ""
    return "\n".join(each for each in (error.message, answer, error.advice) if each)


def _add_findings(suite: Element, target: TargetPlan) -> None:
    """Add what forbids the plan, and what could not be read; without any of it that all is well."""
    for verdict in target.verdicts:
        if verdict.decision is Decision.REFUSE:
            case = _add_case(suite, f"allowed: {verdict.guard}", str(target.target))
            _tell(case, "failure", verdict.message, kind=verdict.guard)
    for gap in target.gaps:
        case = _add_case(suite, f"could be read: {gap.source}", str(target.target))
        _tell(case, "error", gap.why, kind="unreadable")
    if suite.find("testcase") is None:
        _add_case(suite, "nothing to do", str(target.target))


def _add_case(suite: Element, name: str, target: str) -> Element:
    return SubElement(suite, "testcase", name=_clean(name), classname=_clean(target))


def _tell(case: Element, what: str, message: str, *, kind: str = "", text: str = "") -> None:
    told = SubElement(case, what, message=_clean(message))
    if kind:
        told.set("type", _clean(kind))
    if text:
        told.text = _clean(text)


def _clean(text: str) -> str:
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", redact(text))


def _finish(root: Element) -> str:
    for each in [root, *root.findall("testsuite")]:
        each.set("tests", str(len(each.findall(".//testcase"))))
        for what, attribute in zip(_COUNTED, ("failures", "errors", "skipped"), strict=True):
            each.set(attribute, str(len(each.findall(f".//{what}"))))
    indent(root)
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written.decode() + "\n"
