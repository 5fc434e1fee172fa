"""An error as three lines: what happened, what Azure answered, what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from azremedy.errors import AzureAnswer
from azremedy.report.escaping import escape

if TYPE_CHECKING:
    from rich.console import Console

    from azremedy.errors import AzremedyError


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """An error as machines get it."""

    msgid: str
    """The stable name of the error's class."""
    message: str
    """What was tried, on what, and what happened."""
    advice: str
    """What to do next."""
    exit_code: int
    """The process's exit code."""
    answer: AzureAnswer | None
    """What Azure said."""
    schema: Literal["azremedy.error/1"] = "azremedy.error/1"


def describe_problem(error: AzremedyError) -> Problem:
    """Give an error's facts."""
    return Problem(
        msgid=error.msgid,
        message=error.summary,
        advice=error.advice,
        exit_code=error.exit_code,
        answer=error.answer,
    )


def show_problem(error: AzremedyError, console: Console) -> None:
    """Write an error for people, to the conversation."""
    show_lines(error.summary, error.answer, error.advice, console)


def show_lines(summary: str, answer: AzureAnswer | None, advice: str, console: Console) -> None:
    """Write the three lines."""
    console.print(f"[bold red]error:[/bold red] {escape(summary)}", soft_wrap=True)
    if answer is not None and (said := describe_answer(answer)):
        console.print(f"  Azure: {escape(said)}", soft_wrap=True)
    if advice:
        console.print(f"  next: {escape(advice)}", soft_wrap=True)


def describe_answer(answer: AzureAnswer) -> str:
    """Write Azure's answer in one line: status, code, words, ids."""
    parts = [
        f"{answer.status}" if answer.status else "",
        answer.code or "",
        answer.message.strip().replace("\n", " "),
        f"[request {answer.request_id}]" if answer.request_id else "",
        f"[correlation {answer.correlation_id}]" if answer.correlation_id else "",
    ]
    return " ".join(part for part in parts if part)
