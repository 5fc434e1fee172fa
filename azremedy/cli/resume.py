"""``azremedy resume``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from azremedy import api
from azremedy.api.origins import check_origin
from azremedy.api.runs import read_run
from azremedy.cli import console
from azremedy.cli.following import following
from azremedy.cli.given import take_connection_of_run
from azremedy.cli.names import complete_runs
from azremedy.cli.options import connection_options
from azremedy.cli.output import answer_done
from azremedy.cli.pipelines import tell_pipeline
from azremedy.cli.ramp_options import ramp_options, take_ramp
from azremedy.cli.run_options import check_run_id, open_runs, state_option
from azremedy.cli.stopping import stopping
from azremedy.domain.run import RunState
from azremedy.engine.stop import Steering
from azremedy.errors import EXIT_REFUSED
from azremedy.report import words
from azremedy.report.plan_text import show_run
from azremedy.report.runs_text import show_locks_off, show_steps, show_vms_off

if TYPE_CHECKING:
    from azremedy.api.runs import PastRun


@click.command("resume")
@click.argument("run_id", metavar="RUN", shell_complete=complete_runs)
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@ramp_options
@state_option
@connection_options
def command(**options: Any) -> None:
    """Take up a run that was cut off, interrupted, or failed.

    What is done is not done again; what nobody saw the end of is looked at first; leased locks that
    are off go back. It may be repeated.

    \b
    Examples:
      azremedy runs
      azremedy resume 20261120T080000Z-7f593ab0
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    run_id, yes = check_run_id(options.pop("run_id")), options.pop("yes")
    ramp = take_ramp(options)
    connection = take_connection_of_run(options)
    with open_runs(connection.state, rehearsals=connection.sandbox is not None) as store:
        found = read_run(store, run_id)
    if connection.subscription is None:
        target = found.past.plan.targets[0].target
        connection = replace(connection, subscription=target.subscription_id)
    with api.connect(connection) as azure:
        check_origin(azure, found.past.plan)
        if not (yes or _ask(found)):
            raise SystemExit(EXIT_REFUSED)
        steering = Steering(ramp=ramp)
        with stopping(steering.stop), following(found.past.plan) as listen:
            run = api.resume(azure, run_id, listen=listen, steering=steering)
    tell_pipeline(run)
    answer_done(run, lambda out: show_run(run, out))
    raise SystemExit(run.exit_code)


def _ask(found: PastRun) -> bool:
    show_steps(found.past.plan, found.past.results, console.question())
    talk = console.errors()
    show_locks_off(found.locks_off, talk)
    show_vms_off(found.vms_off, talk)
    if not console.can_ask():
        talk.print("Refused: there is no terminal to ask on. Give --yes to take this run up.")
        return False
    if click.confirm("Take up this run?", default=False, err=True):
        return True
    talk.print(words.RUNS[RunState.REFUSED])
    return False
