"""A diagnosis as text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain.findings import Certainty
from azremedy.domain.remedies import FLAGS, Remedy
from azremedy.domain.symptom import ToldBy
from azremedy.report.escaping import escape
from azremedy.report.fact_text import describe_time, show_basis
from azremedy.report.groups_text import show_gaps
from azremedy.report.instructions_text import PLACES
from azremedy.report.remedy_words import describe_remedy

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console

    from azremedy.domain.findings import Diagnosis, Finding
    from azremedy.domain.playbook import Instructions, Playbook
    from azremedy.domain.symptom import Symptom

_TOLD_BY = {
    ToldBy.PERSON: "as you say",
    ToldBy.JOB: "named by its newest backup job",
    ToldBy.HEALTH: "named by the health of its protected item",
}


def show_diagnosis(
    diagnosis: Diagnosis,
    console: Console,
    *,
    playbooks: Sequence[Playbook] = (),
    instructions: Sequence[Instructions] = (),
) -> None:
    """Write one VM's diagnosis.

    Args:
        diagnosis: what was found out.
        console: where to.
        playbooks: those of its codes.
        instructions: those that its findings name.
    """
    console.print(f"[bold]{escape(str(diagnosis.vm_id))}[/bold]", soft_wrap=True)
    for symptom in diagnosis.symptoms:
        _show_symptom(symptom, playbooks, console)
    if not diagnosis.symptoms:
        console.print("  no code: neither a job nor the item's health says that a backup failed")
    _show_causes(diagnosis, instructions, console)
    _show_whatever_the_cause(diagnosis, playbooks, instructions, console)
    _show_unsettled(diagnosis, console)
    _show_worth_knowing(diagnosis, instructions, console)
    _show_ruled_out(diagnosis, console)
    for line in diagnosis.recurrence:
        console.print(f"  [yellow]will be back:[/yellow] {escape(line)}", soft_wrap=True)
    show_gaps(diagnosis.gaps, console)


def _show_symptom(symptom: Symptom, playbooks: Sequence[Playbook], console: Console) -> None:
    number = f" ({symptom.number})" if symptom.number else ""
    when = f" at {describe_time(symptom.at)}" if symptom.at else ""
    console.print(
        f"  symptom: [bold]{escape(symptom.code)}[/bold]{number}, "
        f"{_TOLD_BY[symptom.told_by]}{when}",
        soft_wrap=True,
    )
    unknown = "no playbook knows this code, so every rule is asked"
    console.print(f"    {escape(_find_title(symptom.code, playbooks) or unknown)}", soft_wrap=True)
    for code in symptom.inner:
        title = _find_title(code, playbooks)
        console.print(f"    it holds: {escape(code)}: {escape(title)}", soft_wrap=True)
    if symptom.message:
        console.print(f"    [dim]Azure: {escape(symptom.message)}[/dim]", soft_wrap=True)
    if symptom.source:
        console.print(f"    [dim]{escape(symptom.source)}[/dim]", soft_wrap=True)


def _find_title(code: str, playbooks: Iterable[Playbook]) -> str:
    return next((book.title for book in playbooks if book.fits(code)), "")


def _show_causes(
    diagnosis: Diagnosis, instructions: Sequence[Instructions], console: Console
) -> None:
    if not diagnosis.confirmed:
        console.print("  [bold]no cause is confirmed[/bold]")
        return
    for finding in diagnosis.confirmed:
        console.print(
            f"  [bold red]cause:[/bold red] {escape(finding.title)} ({escape(finding.cause)})",
            soft_wrap=True,
        )
        _show_finding(finding, instructions, console)
    if command := make_fix_command(diagnosis):
        console.print(f"  next: {escape(command)}", soft_wrap=True)


def _show_whatever_the_cause(
    diagnosis: Diagnosis,
    playbooks: Sequence[Playbook],
    instructions: Sequence[Instructions],
    console: Console,
) -> None:
    """Write what the codes themselves advise, the innermost first, beyond what causes do."""
    shown = {name for finding in diagnosis.confirmed for name in finding.instructions}
    advised = (name for book in reversed(playbooks) for name in book.instructions)
    known = {each.name: each for each in instructions}
    for name in dict.fromkeys(name for name in advised if name not in shown):
        told = _tell(name, known.get(name))
        console.print(f"  whatever the cause, by hand: {escape(told)}", soft_wrap=True)


def _show_finding(finding: Finding, instructions: Sequence[Instructions], console: Console) -> None:
    for told in (finding.message, finding.note):
        if told:
            console.print(f"     {escape(told)}", soft_wrap=True)
    for basis in finding.basis:
        show_basis(basis, console)
    for remedy in finding.remedies:
        console.print(f"     can: {escape(describe_remedy(remedy))}", soft_wrap=True)
    known = {each.name: each for each in instructions}
    for name in finding.instructions:
        console.print(f"     by hand: {escape(_tell(name, known.get(name)))}", soft_wrap=True)


def _tell(name: str, instructions: Instructions | None) -> str:
    if instructions is None:
        return name
    return f"{instructions.title} ({PLACES[instructions.place]})"


def _show_unsettled(diagnosis: Diagnosis, console: Console) -> None:
    """Write what cannot be told; causes that the same look would settle share their lines."""
    alike: dict[tuple[str, str], list[str]] = {}
    for finding in diagnosis.findings:
        if finding.certainty is Certainty.CANNOT_TELL:
            alike.setdefault((finding.message, finding.settle), []).append(finding.cause)
    for (message, settle), causes in alike.items():
        console.print(
            f"  [yellow]cannot tell:[/yellow] {escape(', '.join(causes))}: {escape(message)}",
            soft_wrap=True,
        )
        console.print(f"     to settle it: {escape(settle)}", soft_wrap=True)


def _show_worth_knowing(
    diagnosis: Diagnosis, instructions: Sequence[Instructions], console: Console
) -> None:
    for finding in diagnosis.findings:
        if finding.advisory and finding.certainty is Certainty.CONFIRMED:
            console.print(
                f"  [yellow]worth knowing:[/yellow] {escape(finding.title)} "
                f"({escape(finding.cause)})",
                soft_wrap=True,
            )
            _show_finding(finding, instructions, console)


def _show_ruled_out(diagnosis: Diagnosis, console: Console) -> None:
    for finding in diagnosis.findings:
        if finding.certainty is Certainty.RULED_OUT:
            console.print(
                f"  [dim]ruled out: {escape(finding.cause)}: {escape(finding.message)}[/dim]",
                soft_wrap=True,
            )


def make_fix_command(diagnosis: Diagnosis) -> str:
    """Write the command that mends the confirmed causes; empty when only a person can.

    It holds the flags of the gentlest remedies: one for each cause that none mends without.
    """
    mending = [finding.remedies for finding in diagnosis.confirmed if finding.remedies]
    if not mending:
        return ""
    flags = [flag for remedies in mending for flag in _find_flags(remedies)]
    return " ".join((f"azremedy fix --vm {diagnosis.vm_id}", *dict.fromkeys(flags)))


def _find_flags(remedies: Sequence[Remedy]) -> tuple[str, ...]:
    if Remedy.UNLOCK in remedies:
        return ("--unlock",)
    free = any(remedy not in FLAGS for remedy in remedies)
    return () if free else (FLAGS[remedies[0]],)
