"""The tables that the manual and README share: commands, exit codes, flags, losses, permissions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain.builtin_roles import find_role
from azremedy.domain.command_needs import COMMANDS
from azremedy.domain.consequences import CONSEQUENCES, find_reversible
from azremedy.domain.needs import USES, Weight
from azremedy.domain.overrides import OVERRIDES
from azremedy.domain.steps import Reversible
from azremedy.report.exit_words import EXIT_CODES
from azremedy.report.pages.document import Table
from azremedy.report.words import REVERSIBLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from azremedy.domain.needs import Use

READERS = ("/read", "/backupStatus/action")
"""How the actions end that change nothing."""
TAKING_BACK = ("Create", "Remove", "Start")
"""How the kinds of steps begin that only take another one back."""


def tell_exit_codes() -> Table:
    """Say what each exit code means."""
    rows = tuple((str(code), EXIT_CODES[code]) for code in sorted(EXIT_CODES))
    return Table(head=("code", "means"), rows=rows)


def tell_flags() -> Table:
    """Say what each flag lets through."""
    rows = tuple((f"`{flag}`", text) for flag, text in OVERRIDES.items())
    return Table(head=("flag", "lets through"), rows=rows)


def tell_losses() -> Table:
    """Say of each step that changes something what is lost, and how it comes back.

    A step that only takes another one back is left out.
    """
    rows = tuple(
        (told.does, told.lost, tell_undo(kind))
        for kind, told in CONSEQUENCES.items()
        if told.changes and not kind.startswith(TAKING_BACK)
    )
    return Table(head=("step", "lost", "undo"), rows=rows)


def tell_commands(summaries: Mapping[str, str], folder: str, planning: Iterable[str]) -> Table:
    """Say what each command does, and what it changes.

    Args:
        summaries: the commands with the first sentence of their help.
        folder: where their pages are, with a slash at its end; empty for none.
        planning: those that carry plans out, or may look inside a VM.
    """
    planned = frozenset(planning)
    rows = tuple(
        (_link(name, folder), summary, _tell_changes(name, planned=name in planned))
        for name, summary in sorted(summaries.items())
    )
    return Table(head=("command", "does", "changes in Azure"), rows=rows)


def tell_permissions() -> Table:
    """Say which actions each command needs to change something, and which roles have them."""
    alike: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for name, needs in COMMANDS.items():
        actions = (list_changing(needs.steps), list_changing(needs.optional))
        alike.setdefault(actions, []).append(name)
    rows = (
        (_show(names), _show(always), _show(allowed), ", ".join(_list_roles((*always, *allowed))))
        for (always, allowed), names in alike.items()
        if always or allowed
    )
    head = ("command", "actions to change", "with a flag also", "built-in roles")
    return Table(head=head, rows=tuple(rows))


def _list_roles(actions: Iterable[str]) -> Iterable[str]:
    return dict.fromkeys(find_role(action) for action in actions)


def tell_changes(kinds: Iterable[str]) -> str:
    """Name what kinds of steps change."""
    return ", ".join(dict.fromkeys(c for kind in kinds if (c := CONSEQUENCES[kind].changes)))


def tell_undo(kind: str) -> str:
    """Say whether and how a step is undone."""
    word, told = find_reversible(kind), CONSEQUENCES[kind].undo
    if word in {None, Reversible.BY_SERVICE}:
        return told
    if word is Reversible.NOTHING:
        return "nothing to undo"
    return "; ".join(part for part in (REVERSIBLE[word], told) if part)


def changes(use: Use) -> bool:
    """Say whether an action can change something."""
    return not use.action.endswith(READERS)


def _link(name: str, folder: str) -> str:
    return f"[`{name}`]({folder}azremedy-{name}.md)" if folder else f"`{name}`"


def _tell_changes(name: str, *, planned: bool) -> str:
    """Say it without flags, and then with each flag that makes a command of its own."""
    if name not in COMMANDS or name == "undo":
        return "what its plan shows" if planned else "nothing"
    needs = COMMANDS[name]
    always = tell_changes(needs.steps)
    told = [always or "nothing"]
    if allowed := tell_changes(kind for kind in needs.optional if not _among(kind, needs.steps)):
        told.append(f"with a flag: {allowed}")
    for form, others in COMMANDS.items():
        if form.startswith(f"{name} ") and (changed := tell_changes(others.steps)) != always:
            told.append(f"with `{form.removeprefix(name).strip()}`: {changed}")
    return "; ".join(told)


def _among(kind: str, kinds: Iterable[str]) -> bool:
    """Say whether some of these kinds change the same."""
    return CONSEQUENCES[kind].changes in {CONSEQUENCES[each].changes for each in kinds}


def list_changing(kinds: Iterable[str]) -> tuple[str, ...]:
    """List the actions without which kinds of steps could not change what they change."""
    uses = (use for kind in kinds for use in USES[kind])
    return tuple(
        dict.fromkeys(use.action for use in uses if changes(use) and use.weight is Weight.MUST)
    )


def _show(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)
