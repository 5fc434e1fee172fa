"""What is told of losses, undo, flags and exit codes is whole, and agrees with what is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import pytest

from azremedy import errors
from azremedy.domain import guards, steps
from azremedy.domain.builtin_roles import find_role
from azremedy.domain.command_needs import COMMANDS
from azremedy.domain.consequences import CONSEQUENCES, find_reversible
from azremedy.domain.guest_scripts import SCRIPTS
from azremedy.domain.needs import USES
from azremedy.domain.overrides import OVERRIDES
from azremedy.domain.remedies import FLAGS
from azremedy.report.exit_words import CHANGES_PENDING, EXIT_CODES
from azremedy.report.pages.fixes import make_fixes_page
from azremedy.report.pages.markdown import write_markdown
from azremedy.report.pages.tables import changes, tell_undo

if TYPE_CHECKING:
    from azremedy.domain.guest_scripts import GuestScript

KINDS = {kind.__name__ for kind in get_args(steps.Step)}
PAGE = write_markdown(make_fixes_page())


def test_every_kind_of_step_is_told() -> None:
    """What can be in a plan has its losses and its permissions."""
    assert KINDS == set(CONSEQUENCES) == set(USES)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_what_changes_something_needs_a_right_to(kind: str) -> None:
    """A step that only waits uses no right to change, and every other one does."""
    assert bool(CONSEQUENCES[kind].changes) is any(changes(use) for use in USES[kind])


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_permission_of_a_step_is_on_the_page(kind: str) -> None:
    """So are its losses, and how it comes back."""
    does = CONSEQUENCES[kind].does
    part = PAGE.partition(f"### {does[0].upper()}{does[1:]}\n")[2].partition("\n##")[0]
    if not CONSEQUENCES[kind].changes:
        part = PAGE.partition("## Steps that only wait")[2]

    assert [] == [use.action for use in USES[kind] if f"`{use.action}`" not in part]
    assert CONSEQUENCES[kind].lost in part
    assert tell_undo(kind) in part or not CONSEQUENCES[kind].changes


def test_what_cannot_be_undone_says_so() -> None:
    """Words and the step's own answer agree."""
    told = {kind: tell_undo(kind) for kind in KINDS if CONSEQUENCES[kind].changes}

    for kind, text in told.items():
        assert text.startswith("cannot be undone") is (find_reversible(kind) is steps.Reversible.NO)
        assert text.startswith("can be undone") is (find_reversible(kind) is steps.Reversible.YES)
    assert "" not in told.values()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_every_script_is_on_the_page(script: GuestScript) -> None:
    """With how it is taken back."""
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{script.name}` |"))

    assert script.title in row
    assert script.undo.replace("*", "\\*") in row


def test_every_flag_that_overrides_is_told() -> None:
    """Those that guards name, and those that allow a remedy: no more and no fewer."""
    named = {
        value
        for value in vars(guards).values()
        if isinstance(value, str) and value.startswith("--")
    }

    assert named | set(FLAGS.values()) == set(OVERRIDES)


def test_reading_takes_a_reader_and_one_action_more() -> None:
    """What README says of the roles for reading holds for every command."""
    reads = {use.action for needs in COMMANDS.values() for use in needs.reads}
    more = {action for action in reads if not action.endswith("/read")}

    assert {"Microsoft.RecoveryServices/locations/backupStatus/action"} == more
    assert {"Backup Operator"} == {find_role(action) for action in more}


def test_every_exit_code_is_told() -> None:
    """Those of the errors, and the one that is asked for."""
    known = {value for name, value in vars(errors).items() if name.startswith("EXIT_")}

    assert known | {CHANGES_PENDING} == set(EXIT_CODES)
