"""Errors: one tree, each with its exit code, its name and its advice."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

import pytest

from azremedy import errors
from azremedy.errors import AzremedyError, AzureAnswer, PermissionDeniedError

if TYPE_CHECKING:
    from collections.abc import Iterator

ACTION = "Microsoft.Authorization/locks/delete"


def _tree(root: type[AzremedyError] = AzremedyError) -> Iterator[type[AzremedyError]]:
    yield root
    for child in root.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from _tree(child)


@pytest.mark.parametrize("kind", list(_tree()), ids=lambda kind: kind.__name__)
def test_every_error_says_what_it_was_told(kind: type[AzremedyError]) -> None:
    """Summary, answer and advice are facts on the error, and its text is the summary."""
    answer = AzureAnswer(status=409, code="ScopeLocked", request_id="r")
    error = kind("deleting x failed", advice="do y", answer=answer)

    assert ("deleting x failed", "do y", answer) == (error.summary, error.advice, error.answer)
    assert "deleting x failed" == str(error)


@pytest.mark.parametrize("kind", list(_tree()), ids=lambda kind: kind.__name__)
def test_an_error_without_advice_of_its_own_has_its_classs(kind: type[AzremedyError]) -> None:
    """What to do next is the class's word unless the place knows better."""
    assert kind.advice == kind("x").advice


def test_every_error_has_a_name_of_its_own() -> None:
    """Names are stable and tell the classes apart."""
    names = [kind.msgid for kind in _tree()]

    assert sorted(set(names)) == sorted(names)


def test_the_drawn_tree_is_the_tree() -> None:
    """The module's docstring names every class, with the exit code where it says one."""
    drawn = dict(re.findall(r"(\w+Error)\b(?: +exit (\d+))?", inspect.getdoc(errors) or ""))
    told = {kind.__name__: kind.exit_code for kind in _tree()}

    assert set(told) == set(drawn)
    assert {} == {k: c for k, c in drawn.items() if c and int(c) != told[k]}


def test_only_documented_exit_codes_are_used() -> None:
    """No failure looks like success, and every code has a name."""
    named = {value for name, value in vars(errors).items() if name.startswith("EXIT_")}
    used = {kind.exit_code for kind in _tree()}

    assert set() == used - (named - {errors.EXIT_DONE})


@pytest.mark.parametrize(
    ("action", "scope", "advice", "expected"),
    [
        (ACTION, "/s", None, f"Ask for a role that has the action {ACTION} at /s, then try again."),
        (ACTION, None, None, f"Ask for a role that has the action {ACTION}, then try again."),
        (ACTION, "/s", "wait", "wait"),
        (None, "/s", None, ""),
    ],
)
def test_a_missing_permission_is_named(
    action: str | None, scope: str | None, advice: str | None, expected: str
) -> None:
    """The advice names the action and the scope as far as they are known."""
    error = PermissionDeniedError("x", action=action, scope=scope, advice=advice)

    assert (action, scope, expected) == (error.action, error.scope, error.advice)
