"""An error code explained, for people: whole, and ready to be copied from."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from rich.text import Text

from azremedy.domain.playbook import Table, find_words
from azremedy.domain.remedies import Remedy
from azremedy.domain.rules.base import Need
from azremedy.report.instructions_text import show_instructions, show_prose
from azremedy.report.words import REVERSIBLE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from azremedy.domain.explanation import (
        ExplainedCause,
        ExplainedRemedy,
        Explanation,
        ListedCode,
    )
    from azremedy.domain.playbook import Playbook

TABLES = {
    Table.AGENT: "Agent and extension",
    Table.VM: "Backup and restore of VMs",
    Table.COMPUTE: "Compute's restore points",
    Table.EXTENSION: "What the extension in a Linux VM reports",
    Table.HEALTH: "Seen in items' health and in jobs",
}
REMEDIES = {
    Remedy.UNLOCK: "take the locks off the restore point group",
    Remedy.CLEAN_POINTS: "delete the VM's restore point collections",
    Remedy.CLEAN_BY_BACKUP: "take locks off and let a backup make the service clean up",
    Remedy.RESET_EXTENSION: "uninstall the snapshot extension",
    Remedy.BACKUP: "back up again",
    Remedy.RESTART_VM: "restart the VM",
    Remedy.REAPPLY_VM: "apply the VM's model again, without a restart",
    Remedy.REDEPLOY_VM: "move the VM to another host, which restarts it",
    Remedy.DEALLOCATE_VM: "shut the VM down from outside",
    Remedy.START_AGENT: "start the VM agent's services",
    Remedy.UPDATE_AGENT: "update the Linux agent from the distribution's repository",
    Remedy.ENABLE_EXTENSIONS: "put the switches in waagent.conf right",
    Remedy.DEEP_CLEAN: "remove what is left of the snapshot extension in the guest",
    Remedy.ALLOW_STORAGE: "open the way to Azure Storage",
    Remedy.GRANT_KEY_VAULT: "let the backup service read the key vault",
    Remedy.WAIT_FOR_JOB: "wait until the job that runs has ended",
    Remedy.WAIT_FOR_VM: "wait until Azure has ended its change of the VM",
    Remedy.CANCEL_JOB: "cancel the job that runs",
    Remedy.RESUME_PROTECTION: "protect the VM again with its policy",
}
_NEEDS = {
    Need.DISKS: "the disks",
    Need.KEYS: "the key vaults",
    Need.NETWORK: "the network",
    Need.GUEST: "a look inside the VM (azremedy diagnose --look-inside)",
}


def show_explanation(explanation: Explanation, console: Console) -> None:
    """Write all that is known of one code."""
    book = explanation.playbook
    _show_heading(book, console)
    show_prose(book.meaning, console, indent=2)
    if book.envelope:
        show_prose("It wraps another code, which stands in the job's text.", console, indent=2)
    if book.formerly:
        _show_part("What was advised formerly, and no longer holds", console)
        show_prose(book.formerly, console, indent=2)
    if explanation.causes:
        _show_part("What may be behind it, in this order", console)
        for number, cause in enumerate(explanation.causes, start=1):
            _show_cause(number, cause, console)
    if explanation.remedies:
        _show_part("What azremedy can do", console)
        _show_remedies(explanation.remedies, console, indent=2)
    if explanation.instructions:
        _show_part("By hand", console)
        for each in explanation.instructions:
            show_instructions(each, console)
    _show_ends(explanation, console)


def show_codes(codes: Iterable[ListedCode], console: Console) -> None:
    """Write all codes, table by table, each with its numbers."""
    for table, listed in groupby(codes, key=lambda each: each.table):
        _show_part(TABLES[table], console)
        for each in listed:
            numbers = "".join(f" {number}" for number in each.numbers if str(number) != each.code)
            line = Text("  ").append(each.code, style="bold").append(f"{numbers}  {each.title}")
            console.print(line, soft_wrap=True)


def _show_heading(book: Playbook, console: Console) -> None:
    others = [str(number) for number in book.numbers if str(number) != book.code]
    names = ", ".join((*others, *book.aliases))
    heading = Text(book.code, style="bold").append(f" ({names})" if names else "", style="dim")
    console.print(heading, soft_wrap=True)
    show_prose(book.title, console, indent=0)
    console.print()


def _show_cause(number: int, cause: ExplainedCause, console: Console) -> None:
    advisory = " (only worth knowing)" if cause.advisory else ""
    heading = Text(f"  {number}. ").append(cause.cause, style="bold")
    console.print(heading.append(f": {cause.title}{advisory}"), soft_wrap=True)
    if cause.note:
        show_prose(cause.note, console, indent=5)
    if cause.needs:
        needs = ", ".join(_NEEDS.get(need, need) for need in cause.needs)
        show_prose(f"needs: {needs}", console, indent=5)
    _show_remedies(cause.remedies, console, indent=5)
    if cause.instructions:
        show_prose(f"by hand: {', '.join(cause.instructions)}", console, indent=5)
    console.print(Text(f"     source: {cause.source}", style="dim"), soft_wrap=True)


def _show_remedies(remedies: Iterable[ExplainedRemedy], console: Console, *, indent: int) -> None:
    for each in remedies:
        flag = f" {each.flag}" if each.flag else ""
        line = Text(f"{' ' * indent}azremedy fix --vm VM{flag}", style="green")
        line.append(f": {REMEDIES[each.remedy]}; {REVERSIBLE[each.reversible]}", style="default")
        console.print(line, soft_wrap=True)


def _show_ends(explanation: Explanation, console: Console) -> None:
    book = explanation.playbook
    if book.links:
        _show_part("Links", console)
        for link in book.links:
            console.print(Text(f"  https://{link}"), soft_wrap=True)
    console.print()
    texts = (text for each in explanation.instructions for text in (*each.lines, *each.commands))
    if words := sorted({word for text in texts for word in find_words(text)}):
        braces = ", ".join(f"{{{word}}}" for word in words)
        show_prose(
            f"{braces}: put your VM's own in the place of these; 'azremedy fix --vm VM --dry-run' "
            "writes them out. Words in CAPITALS are yours to fill in.",
            console,
            indent=0,
        )
    console.print(Text(f"Source: {book.source}", style="dim"), soft_wrap=True)


def _show_part(title: str, console: Console) -> None:
    console.print()
    console.print(Text(title, style="bold underline"))
