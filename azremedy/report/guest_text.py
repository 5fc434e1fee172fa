"""What scripts inside VMs told, as text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain.guest import GuestFacts, parse_guest_facts
from azremedy.domain.guest_scripts import CHECK
from azremedy.domain.run import StepState
from azremedy.domain.steps import RunGuestScript
from azremedy.report.escaping import escape

if TYPE_CHECKING:
    from rich.console import Console

    from azremedy.domain.run import Run

_WORDS = {None: "not told", True: "yes", False: "no", "": "none"}


def show_outputs(run: Run, console: Console) -> None:
    """Write what each script of a run printed; of a check what it means."""
    results = {result.number: result for result in run.steps}
    for planned in run.plan.steps:
        step, result = planned.step, results[planned.number]
        if not isinstance(step, RunGuestScript) or not result.output:
            continue
        where = " ".join((step.script, *step.arguments))
        console.print(f"[bold]{escape(step.vm.id.name)}[/bold]: {escape(where)}", soft_wrap=True)
        if step.script == CHECK and result.state is StepState.DONE:
            show_facts(parse_guest_facts(step.vm.os_type, result.output), console)
        else:
            console.print(escape(result.output), soft_wrap=True)


def show_facts(facts: GuestFacts, console: Console) -> None:
    """Write what a check told, one line a fact; what the system does not have is left out."""
    for name, state in facts.services:
        console.print(f"  service {escape(name)}: {state}", soft_wrap=True)
    for label, value in _list_facts(facts):
        told = _WORDS.get(value, value)
        console.print(f"  {label}: {escape(str(told))}", soft_wrap=True)


def _list_facts(facts: GuestFacts) -> list[tuple[str, str | bool | None]]:
    everywhere: list[tuple[str, str | bool | None]] = [
        ("VM agent", facts.agent_version),
        ("address by DHCP", facts.dhcp),
        ("168.63.129.16 answers", facts.host_reachable),
        ("remains of the snapshot extension", facts.leftovers),
    ]
    linux: list[tuple[str, str | bool | None]] = [
        ("Extensions.Enabled", facts.extensions_enabled),
        ("Provisioning.Agent", facts.provisioning_agent),
        ("Logs.Verbose", facts.verbose_logging),
    ]
    windows: list[tuple[str, str | bool | None]] = [
        (".NET Framework", facts.dot_net),
        ("Visual C++ 2013 runtime", facts.visual_c),
        ("AppLocker denies the extension", facts.app_locker),
        ("antivirus spares the extension's folders", facts.antivirus_excluded),
    ]
    return [*everywhere, *(each for each in (*linux, *windows) if each[1] is not None)]
