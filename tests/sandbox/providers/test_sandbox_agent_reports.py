"""What an agent last said, as it shows while the world's clock runs."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from azure.core.exceptions import HttpResponseError

if TYPE_CHECKING:
    from tests.sandbox.conftest import OpenWorld
    from tests.sandbox.providers.conftest import Azure, Connect

HOUR = 3600


def _agent(azure: Azure) -> Any:
    view = azure.compute.virtual_machines.instance_view("rg-shop", "web-1")
    return view.vm_agent.statuses[0]


def _age(azure: Azure) -> timedelta:
    """Tell how long ago the agent said what it shows."""
    age: timedelta = azure.opened.world.clock.now() - _agent(azure).time
    return age


@pytest.mark.parametrize("hours", [0, 1, 7.5])
def test_a_living_agent_spoke_a_moment_ago(
    hours: float, open_world: OpenWorld, connect: Connect
) -> None:
    """However long the world has run, a Ready agent that works is never silent for long."""
    azure = connect(open_world("healthy-windows"))
    azure.opened.transport.sleep(hours * HOUR)

    assert timedelta(0) <= _age(azure) < timedelta(minutes=3)


@pytest.mark.parametrize("name", ["agent-silent", "vm-stopped-inside"])
def test_a_dead_agent_says_no_more(name: str, open_world: OpenWorld, connect: Connect) -> None:
    """Its last Ready grows old; that it is not ready Azure says at any time."""
    azure = connect(open_world(name))
    ready = _agent(azure).display_status == "Ready"
    before = _age(azure)
    azure.opened.transport.sleep(HOUR)

    assert (timedelta(hours=1) if ready else timedelta(0)) == _age(azure) - before


def test_what_is_no_time_is_shown_as_it_stands(open_world: OpenWorld, connect: Connect) -> None:
    """A scenario that writes no time, or nonsense, keeps its own words."""
    world = open_world("healthy-windows").world
    (vm,) = world.documents.of_type("Microsoft.Compute/virtualMachines")
    status = {"displayStatus": "Ready", "code": "ProvisioningState/succeeded"}
    vm["properties"]["instanceView"]["vmAgent"]["statuses"] = [status]
    world.documents.put(vm)
    opened = open_world(world.export())

    assert _agent(connect(opened)).time is None


def test_one_stopped_service_of_two_leaves_run_command(
    open_world: OpenWorld, connect: Connect
) -> None:
    """With RdAgent down scripts still run, and a script can start it."""
    azure = connect(open_world("agent-stopped"))
    ask = ["(Get-Service RdAgent).Status"]
    machines = azure.compute.virtual_machines

    said = machines.begin_run_command(
        "rg-shop", "web-1", {"commandId": "RunPowerShellScript", "script": ask}
    ).result()

    assert "Stopped" in said.value[0].message


def test_without_extensions_run_command_never_ends_well(
    open_world: OpenWorld, connect: Connect
) -> None:
    """Run Command is an extension: where the agent runs none, it hangs and fails."""
    azure = connect(open_world("extensions-switched-off"))
    began = azure.opened.world.clock.now()
    body = {"commandId": "RunShellScript", "script": ["true"]}

    with pytest.raises(HttpResponseError, match="has not reported status"):
        azure.compute.virtual_machines.begin_run_command("rg-shop", "web-1", body).result()

    assert timedelta(minutes=90) <= azure.opened.world.clock.now() - began


def test_a_change_under_way_comes_to_its_end(open_world: OpenWorld, connect: Connect) -> None:
    """A machine that a world finds in transition is well some minutes later, unasked."""
    azure = connect(open_world("vm-changing"))
    states = []
    for minutes in (0, 14, 2):
        azure.opened.transport.sleep(minutes * 60)
        vm = azure.compute.virtual_machines.get("rg-shop", "web-1")
        states.append(vm.provisioning_state)

    assert ["Updating", "Updating", "Succeeded"] == states


def test_a_change_that_somebody_ended_stays_so(open_world: OpenWorld, connect: Connect) -> None:
    """A machine that failed, or is gone, meanwhile is left as it is."""
    azure = connect(open_world("vm-changing"))
    (vm,) = azure.opened.world.documents.of_type("Microsoft.Compute/virtualMachines")
    vm["properties"]["provisioningState"] = "Failed"
    azure.opened.world.documents.put(vm)
    azure.opened.transport.sleep(HOUR)
    gone = open_world("vm-changing").world
    gone.documents.remove(vm["id"])
    gone.clock.advance(HOUR)

    failed = azure.compute.virtual_machines.get("rg-shop", "web-1")

    assert "Failed" == failed.provisioning_state
    assert vm["id"] not in gone.documents
