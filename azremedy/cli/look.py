"""Look inside VMs before a diagnosis, with the person's word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from azremedy import api
from azremedy.api.guest import plan_look_inside, read_guest_facts
from azremedy.cli import console
from azremedy.domain.run import RunState
from azremedy.errors import RefusedError, TargetNotFoundError
from azremedy.report.escaping import escape
from azremedy.report.live import make_listener
from azremedy.report.plan_text import show_plan, show_run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azremedy.domain.evidence import Observation
    from azremedy.domain.guest import GuestFacts
    from azremedy.ids import ResourceId


def look_inside(
    azure: api.Azure, asked: api.VmNames, *, yes: bool
) -> Mapping[ResourceId, Observation[GuestFacts]]:
    """Run the check in the VMs and give what it told; nothing where it cannot or may not run.

    The plan and the run are part of the conversation, so that the answer stays the diagnosis.

    Raises:
        RefusedError: there is no terminal to ask on, and nobody said --yes.
    """
    talk = console.conversation()
    try:
        plan = plan_look_inside(azure, asked)
    except TargetNotFoundError as error:
        # A vault may still protect a VM that is gone: the diagnosis decides.
        talk.print(f"Not looked inside: {escape(error.summary)}", soft_wrap=True)
        return {}
    show_plan(plan, talk if yes else console.question())
    if api.preview(plan, dry_run=False).state is not RunState.PLANNED:
        return {}
    if not (yes or _may_look()):
        return {}
    run = api.apply(azure, plan, listen=make_listener(talk, console.errors()))
    show_run(run, talk)
    return read_guest_facts(run)


def _may_look() -> bool:
    if not console.can_ask():
        raise RefusedError(
            "there is no terminal to ask on",
            advice="Give --yes to run the check inside, or leave --look-inside out.",
        )
    return click.confirm("Look inside?", default=False, err=True)
