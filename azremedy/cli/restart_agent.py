"""``azremedy restart-agent``."""

from __future__ import annotations

from typing import Any

import click

from azremedy import api
from azremedy.api.agent import plan_agents
from azremedy.cli.flow import carry_out, take_flow
from azremedy.cli.given import take_connection, take_targets
from azremedy.cli.options import (
    change_options,
    connection_options,
    unknown_rights_option,
    vm_options,
)
from azremedy.domain.planner.agent import AgentBy, AgentOptions


@click.command("restart-agent")
@vm_options
@click.option(
    "--by",
    type=click.Choice([by.value for by in AgentBy]),
    default=AgentBy.AUTO.value,
    show_default=True,
    help="A script inside, where the agent is Ready; all others have to be named.",
)
@click.option("--unlock", is_flag=True, help="Take locks in the way off, and put them back.")
@click.option("--include-inherited", is_flag=True, help="Also those on the subscription.")
@unknown_rights_option
@click.option("--during-job", is_flag=True, help="Go on while a job works on the VM.")
@change_options
@connection_options
def command(**options: Any) -> None:
    """Bring a VM's agent back, and wait until it is Ready.

    With an agent that is Ready its services are started anew by a script inside. With one that is
    not, no script can run: a restart, reapply, redeploy or deallocation has to be named, because
    all but reapply interrupt the VM. Redeploy and deallocate lose the temporary disk.

    \b
    Examples:
      azremedy restart-agent --vm web-1 --dry-run
      azremedy restart-agent --vm web-1 -g rg-web --by restart --yes
      azremedy restart-agent --vm web-1 --by restart --yes \
        --sandbox user-error-guest-agent-status-unavailable
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    flow = take_flow(options)
    connection, targets = take_connection(options), take_targets(options)
    options["by"] = AgentBy(options["by"])
    with api.connect(connection) as azure:
        azure.load_while_asking("azremedy.cli.carrying")
        plan = plan_agents(azure, targets, AgentOptions(**options), max_targets=flow.max_targets)
        code = carry_out(azure, plan, flow)
    raise SystemExit(code)
