"""``azremedy apply``."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from azremedy import api
from azremedy.api.replanning import ANY_NUMBER
from azremedy.cli import console
from azremedy.cli.flow import carry_out, take_flow
from azremedy.cli.given import take_connection_of_run
from azremedy.cli.options import connection_options
from azremedy.cli.output import asked
from azremedy.cli.ramp_options import ramp_options
from azremedy.cli.run_options import state_option
from azremedy.domain.shards import parse_shard, take_shard
from azremedy.errors import RefusedError
from azremedy.report.guest_text import show_outputs
from azremedy.report.stale_text import describe_kept

if TYPE_CHECKING:
    from azremedy.domain.plan import Plan
    from azremedy.domain.run import Run
    from azremedy.domain.shards import Shard


@click.command("apply")
@click.argument("plan_file", type=click.Path(dir_okay=False, path_type=Path), metavar="PLAN")
@click.option(
    "--approve",
    metavar="FINGERPRINT",
    help="Carry it out without asking, if this is the plan's fingerprint.",
)
@click.option(
    "--shard",
    callback=lambda _ctx, _param, value: value and _read_shard(value),
    metavar="I/N",
    help="Carry out only this part, such as 2/8: whole subscriptions, the same for everybody.",
)
@click.option("--dry-run", is_flag=True, help="Check and show the plan; nothing can be changed.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--detailed-exitcode",
    is_flag=True,
    help="With --dry-run: exit 10 when there is something to do.",
)
@ramp_options
@state_option
@connection_options
def command(**options: Any) -> None:
    """Carry out a plan from a file, exactly as it was kept, and once.

    It is refused when it was edited, made by a newer azremedy, or made for another cloud, tenant,
    subscription or sandbox; when one of the runs here has begun it; and when the same plan made now
    has other steps: exit code 7, with each difference. It goes to the plan's own subscription.

    \b
    Examples:
      azremedy apply plan.json
      azremedy apply plan.json --dry-run
      azremedy apply plan.json --approve 369548e7eb69…
      azremedy apply plan.json --approve 369548e7eb69… --shard 2/8
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    flow = take_flow({**options, "max_targets": ANY_NUMBER})
    plan = api.load_plan(options["plan_file"])
    if flow.approve is not None:
        api.check_approval(plan, flow.approve)
        flow = replace(flow, approve=None, yes=True)
    if (shard := options["shard"]) is not None:
        plan = take_shard(plan, shard)
    given = take_connection_of_run(options)
    with api.connect(api.choose_connection(plan, given)) as azure:
        if given.subscription is not None:
            _check_subscription(azure, plan)
        _tell_kept(plan)
        holding = api.check_still_holds(azure, plan)
        code = carry_out(azure, holding, flow, after=_tell)
    raise SystemExit(code)


def _read_shard(text: str) -> Shard:
    try:
        return parse_shard(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _check_subscription(azure: api.Azure, plan: Plan) -> None:
    """Refuse a plan for another subscription than the person names."""
    own = {target.target.subscription_id.lower() for target in plan.targets}
    if own and azure.subscription_id.lower() not in own:
        raise RefusedError(
            f"The plan is for subscription {', '.join(sorted(own))}, and --subscription names "
            f"{azure.subscription_id}",
            advice="Leave --subscription out, or make the plan anew for that one.",
        )


def _tell_kept(plan: Plan) -> None:
    console.conversation().print(
        describe_kept(plan, api.find_fingerprint(plan)), soft_wrap=True, markup=False
    )


def _tell(run: Run) -> None:
    """Show what scripts told, which JSON holds anyway."""
    if asked().for_people:
        # A reader that has gone, as with "| head", does not change what the run came to.
        with suppress(BrokenPipeError, SystemExit):
            show_outputs(run, console.answer())
