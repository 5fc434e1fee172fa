"""The page that says of every fix what is lost, what can be undone, and which permission it needs.

All of it is taken from what the planner, the guards and the preflight themselves go by.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain.command_needs import COMMANDS
from azremedy.domain.consequences import CONSEQUENCES
from azremedy.domain.explanation import REVERSIBLE as REMEDY_UNDO
from azremedy.domain.guest_scripts import SCRIPTS
from azremedy.domain.needs import USES, At, Weight
from azremedy.domain.remedies import FLAGS, LINUX_ONLY, Remedy
from azremedy.domain.remedy_steps import KINDS
from azremedy.report.explain_text import REMEDIES
from azremedy.report.pages.document import Document, Heading, Paragraph, Table, Term, Terms
from azremedy.report.pages.tables import tell_exit_codes, tell_flags, tell_undo
from azremedy.report.words import REVERSIBLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from azremedy.domain.guest_scripts import GuestScript
    from azremedy.domain.needs import Use
    from azremedy.report.pages.document import Block

PLACES = {
    At.SUBSCRIPTION: "the subscription",
    At.VM: "the VM",
    At.VAULT: "each vault that protects the VM",
    At.COLLECTION: "the restore point collection",
    At.LOCK: "what the lock is attached to",
    At.NETWORK: "the security group or the subnet",
    At.KEY_VAULT: "the key vault",
}
TO_CHANGE = {
    Weight.MUST: "needed",
    Weight.SHOULD: "worse without it",
    Weight.MAY: "Azure may ask for it",
}
"""What it means to a step that a permission is missing."""
TO_READ = TO_CHANGE | {Weight.SHOULD: "a gap without it"}
"""What it means to a plan."""


def make_fixes_page() -> Document:
    """Make the page."""
    return Document(
        name="azremedy-fixes",
        title="What each fix loses, how it is undone, and what it needs",
        summary="Losses, undo and permissions of every fix",
        section=7,
        blocks=tuple(_tell()),
    )


def tell_uses(uses: Iterable[Use], words: Mapping[Weight, str] = TO_CHANGE) -> Terms:
    """List permissions with their places, those first without which nothing is begun."""
    order = list(Weight)
    ranked = sorted(uses, key=lambda use: (order.index(use.weight), use.action.lower(), use.at))
    return Terms(
        terms=tuple(
            Term(term=use.action, text=f"at {PLACES[use.at]}; {words[use.weight]}")
            for use in ranked
        )
    )


def _tell() -> Iterable[Block]:
    yield Heading(text="Description")
    yield Paragraph(
        text="A plan shows all of this for its own resources before anything is changed. "
        "`azremedy undo RUN` takes back what can be taken back, the last step first. "
        "`azremedy check-access COMMAND` says whether you have the permissions, and "
        "`azremedy role --for COMMAND` writes a custom role that has them."
    )
    yield Heading(text="What azremedy does about a cause")
    yield _tell_remedies()
    yield Heading(text="Flags that let something through")
    yield Paragraph(text="A refusal names the one flag that overrides it. `--yes` overrides none.")
    yield tell_flags()
    yield Heading(text="Steps that change something")
    for kind, told in CONSEQUENCES.items():
        if told.changes:
            yield from _tell_step(kind)
    yield Heading(text="Steps that only wait, or ask a person")
    yield Table(
        head=("step", "lost", "reads with"),
        rows=tuple(
            (told.does, told.lost, ", ".join(f"`{use.action}`" for use in USES[kind]))
            for kind, told in CONSEQUENCES.items()
            if not told.changes
        ),
    )
    yield Heading(text="Scripts that run inside a VM")
    yield Paragraph(text="No other script is ever run. Their texts come with azremedy.")
    yield Table(
        head=("script", "does", "on", "undo"), rows=tuple(_tell_script(each) for each in SCRIPTS)
    )
    yield Heading(text="Exit codes")
    yield tell_exit_codes()


def _tell_remedies() -> Table:
    rows = tuple(
        (
            REMEDIES[remedy] + (" (Linux only)" if remedy in LINUX_ONLY else ""),
            "; ".join(CONSEQUENCES[kind].does for kind in KINDS[remedy]) or "no step of its own",
            f"`{flag}`" if (flag := FLAGS.get(remedy)) else "none",
            REVERSIBLE[REMEDY_UNDO[remedy]],
        )
        for remedy in Remedy
    )
    return Table(head=("remedy", "steps", "flag of `fix`", "undo"), rows=rows)


def _tell_step(kind: str) -> Iterable[Block]:
    told = CONSEQUENCES[kind]
    yield Heading(text=told.does[0].upper() + told.does[1:], level=3)
    commands = [
        f"`{name}`" for name, needs in COMMANDS.items() if kind in (*needs.steps, *needs.optional)
    ]
    yield Paragraph(text=f"Lost: {told.lost}.")
    yield Paragraph(text=f"Undo: {tell_undo(kind)}.")
    yield Paragraph(text=f"Done by: {', '.join(commands)}.")
    yield Paragraph(text="Permissions:")
    yield tell_uses(USES[kind])


def _tell_script(script: GuestScript) -> tuple[str, ...]:
    undo = script.undo or ("nothing to undo" if script.changes else "changes nothing")
    return (f"`{script.name}`", script.title, ", ".join(sorted(script.systems)), undo)
