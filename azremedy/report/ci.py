"""What a pipeline's own page shows: annotations, and a summary of what was planned or done.

Annotations are lines that the pipeline's agent reads; it reads standard error as well, so that
standard output holds the answer and nothing else.

Sources: docs.github.com/actions/reference/workflow-commands-for-github-actions (annotations, the
summary's file and its limit of 1 MiB); learn.microsoft.com/azure/devops/pipelines/scripts/
logging-commands (``task.logissue``, ``task.uploadsummary``, escapes).
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from azremedy.domain.plan import Decision
from azremedy.domain.run import SETTLED, RunState, StepState
from azremedy.domain.steps import CreateLock, DeleteLock
from azremedy.redaction import redact
from azremedy.report import words
from azremedy.report.problem import describe_answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from azremedy.domain.resources import ManagementLock
    from azremedy.domain.run import Run, StepError
    from azremedy.report.problem import Problem

MOST_ISSUES = 10
"""So many errors, and so many warnings, GitHub shows of one step; the last tells of the rest.
Source: docs.github.com/rest/checks/runs and github.com/orgs/community/discussions/26680."""
MOST_BYTES = 1_000_000
"""A summary above 1 MiB is not shown at all: this leaves room for the word that it was cut."""

_STEP_SUMMARY = "GITHUB_STEP_SUMMARY"
_NOT_DONE = frozenset({StepState.FAILED, StepState.UNKNOWN})
_NOT_BEGUN = frozenset({StepState.PLANNED, StepState.SKIPPED, StepState.ALREADY})


class Pipeline(StrEnum):
    """Whose agent reads the output."""

    GITHUB = "github"
    """GitHub Actions: ``GITHUB_ACTIONS`` is ``true``."""
    AZURE = "azure"
    """Azure Pipelines: ``TF_BUILD`` is ``True``."""


class Level(StrEnum):
    """How grave it is; both pipelines use these words."""

    ERROR = "error"
    """Something failed, or was refused."""
    WARNING = "warning"
    """Somebody should know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One annotation."""

    level: Level
    """How grave it is."""
    title: str
    """What it is about, in a few words."""
    message: str
    """What happened, on what, and what to do next; may have several lines."""


def find_pipeline(environ: Mapping[str, str]) -> Pipeline | None:
    """Find out by its own variable which pipeline this process runs in, if any."""
    if environ.get("GITHUB_ACTIONS", "").lower() == "true":
        return Pipeline.GITHUB
    if environ.get("TF_BUILD", "").lower() == "true":
        return Pipeline.AZURE
    return None


def list_issues(run: Run) -> tuple[Issue, ...]:
    """List what an annotation is worth: refusals, steps that failed, gaps, and warnings."""
    named = f"azremedy {run.command}"
    return (*_list_errors(run, named), *_list_warnings(run, named))


def describe_error(problem: Problem) -> Issue:
    """Make an annotation of an error that ended the command."""
    answer = f"Azure: {describe_answer(problem.answer)}" if problem.answer else ""
    return Issue(
        level=Level.ERROR,
        title=f"azremedy: {problem.msgid}",
        message=_join(problem.message, answer, _next(problem.advice)),
    )


def write_issues(issues: Iterable[Issue], pipeline: Pipeline) -> str:
    """Write annotations for a pipeline's agent, a line each; no secret is in them."""
    told = tuple(issues)
    kept = [each for level in Level for each in _cut(told, level)]
    write = _write_github if pipeline is Pipeline.GITHUB else _write_azure
    return "".join(f"{write(each)}\n" for each in kept)


def write_summary(run: Run) -> str:
    """Write a run, or a plan that was shown, as Markdown for a pipeline's page.

    Locks that the run could not put back stand first.
    """
    from azremedy.report.runs_text import write_markdown  # noqa: PLC0415 - only in pipelines

    told = words.RUNS[run.state].rstrip(".")
    title = f"azremedy {run.command}: {told}" + (f" ({run.run_id})" if run.run_id else "")
    results = {each.number: each for each in run.steps}
    return write_markdown(run.plan, results, title=title, locks=_list_off(run))


def keep_summary(text: str, pipeline: Pipeline, environ: Mapping[str, str]) -> str:
    """Keep a summary where the pipeline takes it up; give what is still to be told its agent.

    Under GitHub Actions it is added to the step's file. Under Azure Pipelines it gets a file of its
    own in the job's temporary folder. Where neither can be written the text says so.
    """
    try:
        if pipeline is Pipeline.GITHUB:
            _append(environ.get(_STEP_SUMMARY, ""), text)
            return ""
        return f"##vso[task.uploadsummary]{_escape_data(_make(text, environ))}\n"
    except OSError as error:
        why = error.strerror or str(error)
        issue = Issue(
            level=Level.WARNING, title="azremedy", message=f"The summary cannot be written: {why}"
        )
        return write_issues((issue,), pipeline)


def _list_off(run: Run) -> tuple[ManagementLock, ...]:
    """List the leased locks that were taken off, or may have been, and are not back."""
    states = {each.number: each.state for each in run.steps}
    taken = {
        each.step.lock.id
        for each in run.plan.steps
        if isinstance(each.step, DeleteLock) and states[each.number] not in _NOT_BEGUN
    }
    return tuple(
        each.step.lock
        for each in run.plan.restores
        if isinstance(each.step, CreateLock)
        and states[each.number] not in SETTLED
        and each.step.lock.id in taken
    )


def _append(path: str, text: str) -> None:
    if not path:
        return
    with Path(path).open("a", encoding="utf-8") as file:
        file.write(_shorten(text, MOST_BYTES - file.tell()))


def _make(text: str, environ: Mapping[str, str]) -> str:
    folder = environ.get("AGENT_TEMPDIRECTORY") or None
    # The agent takes it up after this process has ended.
    with tempfile.NamedTemporaryFile(
        "w", prefix="azremedy-", suffix=".md", dir=folder, delete=False, encoding="utf-8"
    ) as file:
        file.write(_shorten(text, MOST_BYTES))
    return file.name


def _shorten(text: str, room: int) -> str:
    """Cut a text that has no room at the end of a line, and say so."""
    told = text.rstrip("\n") + "\n\n"
    encoded = told.encode()
    if len(encoded) <= room:
        return told
    kept = encoded[: max(room, 0)].decode(errors="ignore").rpartition("\n")[0]
    return f"{kept}\n\nCut: the page takes no more. 'azremedy report' tells all of it.\n\n"


def _list_errors(run: Run, named: str) -> Iterable[Issue]:
    for verdict in run.plan.refusals:
        override = f"Next: use {verdict.override}." if verdict.override else ""
        yield Issue(
            level=Level.ERROR,
            title=f"{named}: refused: {verdict.guard}",
            message=_join(verdict.message, f"On {verdict.subject}", override),
        )
    planned = {each.number: each.step for each in run.plan.steps}
    for result in run.steps:
        if result.state in _NOT_DONE:
            step = planned[result.number]
            yield Issue(
                level=Level.ERROR,
                title=f"{named}: step {result.number} {words.STATES[result.state]}: {step.kind}",
                message=_join(result.message, _tell(result.error), f"On {step.target}"),
            )
    if run.state is RunState.INTERRUPTED and run.run_id:
        told = f"The run was interrupted. Next: azremedy resume {run.run_id}"
        yield Issue(level=Level.ERROR, title=named, message=told)


def _list_warnings(run: Run, named: str) -> Iterable[Issue]:
    for target in run.plan.targets:
        for verdict in target.verdicts:
            if verdict.decision is Decision.WARN:
                title = f"{named}: {verdict.guard}"
                yield Issue(level=Level.WARNING, title=title, message=verdict.message)
        for gap in target.gaps:
            title = f"{named}: could not be read"
            yield Issue(level=Level.WARNING, title=title, message=f"{gap.source}: {gap.why}")


def _tell(error: StepError | None) -> str:
    if error is None:
        return ""
    answer = f"Azure: {describe_answer(error.answer)}" if error.answer else ""
    return _join(error.message, answer, _next(error.advice))


def _next(advice: str) -> str:
    return f"Next: {advice}" if advice else ""


def _join(*lines: str) -> str:
    return "\n".join(dict.fromkeys(line for line in lines if line))


def _cut(issues: Iterable[Issue], level: Level) -> list[Issue]:
    found = [each for each in issues if each.level is level]
    if len(found) <= MOST_ISSUES:
        return found
    more = f"{len(found) - MOST_ISSUES + 1} more of these are in the log and in the summary."
    return [*found[: MOST_ISSUES - 1], Issue(level=level, title="azremedy", message=more)]


def _write_github(issue: Issue) -> str:
    title = _escape_github(issue.title).replace(":", "%3A").replace(",", "%2C")
    return f"::{issue.level} title={title}::{_escape_github(issue.message)}"


def _escape_github(text: str) -> str:
    return redact(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _write_azure(issue: Issue) -> str:
    told = _escape_data(f"{issue.title}: {issue.message}")
    return f"##vso[task.logissue type={issue.level}]{told}"


def _escape_data(text: str) -> str:
    escaped = redact(text).replace("%", "%AZP25")
    return escaped.replace("\r", "%0D").replace("\n", "%0A")
