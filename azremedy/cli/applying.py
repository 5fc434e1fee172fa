"""Carry a plan out in front of a person, and answer with what became of it."""

from __future__ import annotations

import gc
from contextlib import suppress
from typing import TYPE_CHECKING

from azremedy import api
from azremedy.cli import console
from azremedy.cli.following import following
from azremedy.cli.output import answer_done
from azremedy.cli.pipelines import tell_pipeline
from azremedy.cli.stopping import stopping
from azremedy.engine.stop import Steering
from azremedy.report.advice_text import show_advice
from azremedy.report.plan_text import show_run

if TYPE_CHECKING:
    from collections.abc import Callable

    from azremedy.domain.plan import Plan
    from azremedy.domain.ramp import Ramp
    from azremedy.domain.run import Run


_AS_EVER = 700
"""How many objects Python lets a program make before it looks for garbage."""


def apply_plan(azure: api.Azure, plan: Plan, *, ramp: Ramp, after: Callable[[Run], None]) -> int:
    """Carry out a plan that the person has agreed to, and give the exit code.

    Args:
        azure: the connection.
        plan: what was planned.
        ramp: how several VMs are worked on side by side.
        after: told what became of it before the answer is given.
    """
    # A fleet's run makes garbage for as long as it lasts, unlike what came before it.
    gc.set_threshold(_AS_EVER)
    steering = Steering(ramp=ramp)
    with stopping(steering.stop), following(plan) as listen:
        run = api.apply(azure, plan, listen=listen, steering=steering)
    after(run)
    tell_pipeline(run)
    # A reader that has gone, as with "| head", does not change what the run came to.
    with suppress(BrokenPipeError, SystemExit):
        for advised in api.advise(run):
            show_advice(advised.playbooks, advised.vm_id, console.conversation())
        answer_done(run, lambda out: show_run(run, out))
    return run.exit_code
