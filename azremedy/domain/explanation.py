"""All that is known of one error code, put together from its playbook and the rules. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from azremedy.domain.playbook import Instructions, Playbook, Table
from azremedy.domain.remedies import FLAGS, Remedy
from azremedy.domain.rules import RULES
from azremedy.domain.rules.base import ALWAYS, Need
from azremedy.domain.steps import (
    AddSecurityRule,
    AddVaultAccess,
    CancelJob,
    DeallocateVm,
    DeleteExtension,
    DeleteLock,
    DeleteRestorePointCollection,
    ReapplyVm,
    RedeployVm,
    RestartVm,
    ResumeProtection,
    Reversible,
    TriggerBackup,
    WaitForIdle,
    WaitForVm,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from azremedy.domain.playbook import PlaybookCause
    from azremedy.domain.rules.base import Rule

REVERSIBLE = {
    Remedy.UNLOCK: DeleteLock.reversible,
    Remedy.CLEAN_POINTS: DeleteRestorePointCollection.reversible,
    # The lock can be put back; the points that the service then deletes cannot.
    Remedy.CLEAN_BY_BACKUP: DeleteRestorePointCollection.reversible,
    Remedy.RESET_EXTENSION: DeleteExtension.reversible,
    Remedy.BACKUP: TriggerBackup.reversible,
    Remedy.RESTART_VM: RestartVm.reversible,
    Remedy.REAPPLY_VM: ReapplyVm.reversible,
    Remedy.REDEPLOY_VM: RedeployVm.reversible,
    Remedy.DEALLOCATE_VM: DeallocateVm.reversible,
    Remedy.START_AGENT: Reversible.BY_HAND,
    Remedy.UPDATE_AGENT: Reversible.BY_HAND,
    Remedy.ENABLE_EXTENSIONS: Reversible.BY_HAND,
    Remedy.DEEP_CLEAN: Reversible.BY_HAND,
    Remedy.ALLOW_STORAGE: AddSecurityRule.reversible,
    Remedy.GRANT_KEY_VAULT: AddVaultAccess.reversible,
    Remedy.WAIT_FOR_JOB: WaitForIdle.reversible,
    Remedy.WAIT_FOR_VM: WaitForVm.reversible,
    Remedy.CANCEL_JOB: CancelJob.reversible,
    Remedy.RESUME_PROTECTION: ResumeProtection.reversible,
}
"""Whether what a remedy does can be undone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedRemedy:
    """One thing that azremedy can do from outside."""

    remedy: Remedy
    """What."""
    flag: str = ""
    """The flag without which ``fix`` does not do it; empty when it needs none."""
    reversible: Reversible
    """Whether it can be undone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedCause:
    """One thing that may be behind a code, with all that belongs to it."""

    cause: str
    """The rule's name."""
    title: str
    """The cause in one line."""
    source: str
    """Where the connection between facts and cause comes from."""
    advisory: bool
    """Whether it is only worth knowing."""
    needs: tuple[Need, ...]
    """What azremedy reads for it beyond what it always reads; ``guest`` needs a look inside."""
    remedies: tuple[ExplainedRemedy, ...]
    """What azremedy can do, the gentlest first."""
    instructions: tuple[str, ...]
    """Names of instructions for a person."""
    note: str
    """What is particular about it under this code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """All that is known of one code."""

    playbook: Playbook
    """What it means."""
    causes: tuple[ExplainedCause, ...]
    """What may be behind it, in the order in which to look."""
    remedies: tuple[ExplainedRemedy, ...]
    """What azremedy can do about what the code itself names."""
    instructions: tuple[Instructions, ...]
    """All instructions that it or its causes name, whole, each once."""
    schema: Literal["azremedy.explanation/1"] = "azremedy.explanation/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCode:
    """One code in the list of all codes."""

    code: str
    """As the service spells it."""
    numbers: tuple[int, ...]
    """Azure's integers for it."""
    aliases: tuple[str, ...]
    """Other spellings."""
    table: Table
    """Where it is written down."""
    title: str
    """One line."""


def explain_playbook(book: Playbook, instructions: Mapping[str, Instructions]) -> Explanation:
    """Put together what is known of a code; names that nothing has are left out.

    Args:
        book: its playbook.
        instructions: all instructions, by name.
    """
    rules = {rule.cause: rule for rule in RULES}
    causes = tuple(
        _explain_cause(each, rules[each.cause]) for each in book.causes if each.cause in rules
    )
    names = (*(name for each in causes for name in each.instructions), *book.instructions)
    return Explanation(
        playbook=book,
        causes=causes,
        remedies=_explain_remedies(book.remedies),
        instructions=tuple(
            instructions[name] for name in dict.fromkeys(names) if name in instructions
        ),
    )


def list_codes(books: Iterable[Playbook]) -> tuple[ListedCode, ...]:
    """List all codes, table by table, by name."""
    tables = list(Table)
    ordered = sorted(books, key=lambda each: (tables.index(each.table), each.code.lower()))
    return tuple(
        ListedCode(
            code=book.code,
            numbers=book.numbers,
            aliases=book.aliases,
            table=book.table,
            title=book.title,
        )
        for book in ordered
    )


def _explain_cause(cause: PlaybookCause, rule: Rule) -> ExplainedCause:
    return ExplainedCause(
        cause=cause.cause,
        title=rule.title,
        source=rule.source,
        advisory=rule.advisory,
        needs=tuple(need for need in Need if need in rule.needs - ALWAYS),
        remedies=_explain_remedies(cause.remedies),
        instructions=cause.instructions,
        note=cause.note,
    )


def _explain_remedies(remedies: tuple[Remedy, ...]) -> tuple[ExplainedRemedy, ...]:
    return tuple(
        ExplainedRemedy(remedy=each, flag=FLAGS.get(each, ""), reversible=REVERSIBLE[each])
        for each in remedies
    )
