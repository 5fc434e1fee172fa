"""Machines and their extensions: power, agent, uninstalling with and without a living agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.sandbox.conftest import OpenWorld
    from tests.sandbox.providers.conftest import Azure, Connect

WEB = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a002"


@pytest.fixture
def stuck(open_world: OpenWorld, connect: Connect) -> Azure:
    """Open the world with the stuck extension."""
    return connect(open_world("stuck-extension"))


@pytest.fixture
def fleet(open_world: OpenWorld, connect: Connect) -> Azure:
    """Open the fleet at its second subscription."""
    return connect(open_world("fleet-small"), WEB)


def _view(azure: Azure, group: str, name: str) -> Any:
    return azure.compute.virtual_machines.get(group, name, expand="instanceView").instance_view


def _power(view: Any) -> list[str]:
    return [status.code for status in view.statuses if status.code.startswith("PowerState/")]


def _agent(view: Any) -> str:
    return str(view.vm_agent.statuses[0].display_status)


def test_backup_fails_until_the_extension_is_reset(stuck: Azure) -> None:
    """A stuck extension fails the backup; uninstalled, the next backup reloads it and succeeds."""
    item = stuck.item("vault-app", "rg-app", "app-1")
    extensions = stuck.compute.virtual_machine_extensions
    first = stuck.back_up(item)
    extensions.begin_delete("rg-app", "app-1", "VMSnapshotLinux").result()
    between = [extension.name for extension in extensions.list("rg-app", "app-1").value]
    second = stuck.back_up(item)
    after = extensions.get("rg-app", "app-1", "VMSnapshotLinux", expand="instanceView")

    assert stuck.errors(first) == ["ExtensionOperationFailedForManagedDisks"]
    assert between == []
    assert second.properties.status == "Completed"
    assert after.provisioning_state == "Succeeded"
    assert after.instance_view.statuses[0].code == "ProvisioningState/succeeded"


def test_uninstalled_extension_leaves_no_trace(stuck: Azure) -> None:
    """After the deletion neither handlers nor reports name the extension."""
    extensions = stuck.compute.virtual_machine_extensions
    extensions.begin_delete("rg-app", "app-1", "VMSnapshotLinux").result()
    view = _view(stuck, "rg-app", "app-1")

    assert list(view.vm_agent.extension_handlers) == []
    assert list(view.extensions) == []


def test_deleting_a_missing_extension_is_nothing(stuck: Azure) -> None:
    """There is nothing to wait for when the extension does not exist."""
    extensions = stuck.compute.virtual_machine_extensions
    before = stuck.opened.world.clock.now()
    extensions.begin_delete("rg-app", "app-1", "NoSuchExtension").result()

    assert stuck.opened.world.clock.now() == before


def test_hidden_extension_can_be_deleted(fleet: Azure) -> None:
    """An extension that only the handlers know can be deleted by its name."""
    extensions = fleet.compute.virtual_machine_extensions
    listed = list(extensions.list("rg-web", "web-01").value)
    extensions.begin_delete("rg-web", "web-01", "VMSnapshotLinux").result()
    handlers = _view(fleet, "rg-web", "web-01").vm_agent.extension_handlers

    assert listed == []
    assert list(handlers) == []


def test_deletion_without_an_agent_hangs_and_fails(fleet: Azure) -> None:
    """With a dead agent the deletion takes 25 minutes and fails, and the extension stays."""
    extensions = fleet.compute.virtual_machine_extensions
    before = fleet.opened.world.clock.now()
    with pytest.raises(HttpResponseError) as failed:
        extensions.begin_delete("rg-web", "web-05", "VMSnapshotLinux").result()
    waited = (fleet.opened.world.clock.now() - before).total_seconds()
    handlers = _view(fleet, "rg-web", "web-05").vm_agent.extension_handlers

    assert failed.value.error is not None
    assert failed.value.error.code == "VMAgentStatusCommunicationError"
    assert waited >= 1500
    assert [handler.type for handler in handlers] == [
        "Microsoft.Azure.RecoveryServices.VMSnapshotLinux"
    ]


def test_extensions_of_a_machine_that_is_off_cannot_change(fleet: Azure) -> None:
    """Compute refuses to touch extensions while the machine does not run."""
    with pytest.raises(HttpResponseError) as refused:
        fleet.compute.virtual_machine_extensions.begin_delete("rg-web", "web-08", "VMSnapshotLinux")

    assert refused.value.status_code == 409


def test_restart_brings_a_dead_agent_back(fleet: Azure) -> None:
    """Right after a restart the agent is not ready yet; a while later it is, and backups work."""
    item = fleet.item("vault-web-weu", "rg-web", "web-05")
    first = fleet.back_up(item)
    fleet.compute.virtual_machines.begin_restart("rg-web", "web-05").result()
    booting = _view(fleet, "rg-web", "web-05")
    fleet.opened.transport.sleep(60)
    ready = _view(fleet, "rg-web", "web-05")
    second = fleet.back_up(item)

    assert fleet.errors(first) == ["UserErrorGuestAgentStatusUnavailable"]
    assert (_agent(booting), booting.vm_agent.vm_agent_version) == ("Not Ready", "Unknown")
    assert _agent(ready) == "Ready"
    assert second.properties.status == "Completed"


def test_deallocated_machine_has_no_guest_to_report(fleet: Azure) -> None:
    """A deallocated machine shows no agent, and its backup succeeds all the same."""
    view = _view(fleet, "rg-web", "web-08")
    job = fleet.back_up(fleet.item("vault-web-weu", "rg-web", "web-08"))

    assert _power(view) == ["PowerState/deallocated"]
    assert "vmAgent" not in view
    assert job.properties.status == "Completed"


def test_power_follows_the_actions(fleet: Azure) -> None:
    """Stopping, deallocating and starting change the power state."""
    machines = fleet.compute.virtual_machines
    seen = []
    for begin in (machines.begin_power_off, machines.begin_deallocate, machines.begin_start):
        begin("rg-web", "web-01").result()
        seen += _power(_view(fleet, "rg-web", "web-01"))
    fleet.opened.transport.sleep(60)

    assert seen == ["PowerState/stopped", "PowerState/deallocated", "PowerState/running"]
    assert _agent(_view(fleet, "rg-web", "web-01")) == "Ready"


def test_restart_leaves_a_stopped_machine_off(fleet: Azure) -> None:
    """Restarting what is deallocated does not start it."""
    fleet.compute.virtual_machines.begin_restart("rg-web", "web-08").result()

    assert _power(_view(fleet, "rg-web", "web-08")) == ["PowerState/deallocated"]


def test_reapply_heals_a_failed_machine(fleet: Azure) -> None:
    """A failed provisioning state fails the backup; reapplying the model ends it."""
    world = fleet.opened.world
    vm_id = fleet.compute.virtual_machines.get("rg-web", "web-01").id
    document: Any = world.documents.get(vm_id)
    document["properties"]["provisioningState"] = "Failed"
    world.documents.put(document)
    item = fleet.item("vault-web-weu", "rg-web", "web-01")
    first = fleet.back_up(item)
    fleet.compute.virtual_machines.begin_reapply("rg-web", "web-01").result()
    fleet.compute.virtual_machines.begin_redeploy("rg-web", "web-01").result()
    fleet.opened.transport.sleep(60)
    second = fleet.back_up(item)

    assert fleet.errors(first) == ["UserErrorVmProvisioningStateFailed"]
    assert second.properties.status == "Completed"


def test_machines_are_listed_in_every_way(fleet: Azure) -> None:
    """Lists of the subscription shout the group; the view comes when asked for."""
    machines = fleet.compute.virtual_machines
    everywhere = list(machines.list_all())
    with_view = list(machines.list("rg-web", expand="instanceView"))
    in_region = list(machines.list_by_location("westeurope"))

    assert len(everywhere) == len(with_view) == len(in_region) == 10
    assert "/resourceGroups/RG-WEB/" in everywhere[0].id
    assert [vm.name for vm in with_view if not vm.instance_view] == []


def test_missing_things_are_named(fleet: Azure) -> None:
    """What is missing is answered 404: group, machine or extension."""
    compute = fleet.compute
    codes = []
    asked: tuple[Callable[[], Any], ...] = (
        lambda: compute.virtual_machines.get("no-group", "web-01"),
        lambda: compute.virtual_machines.get("rg-web", "web-99"),
        lambda: compute.virtual_machine_extensions.get("rg-web", "web-99", "x"),
        lambda: compute.virtual_machine_extensions.get("rg-web", "web-01", "x"),
    )
    for ask in asked:
        with pytest.raises(ResourceNotFoundError) as missing:
            ask()
        codes.append(missing.value.error.code if missing.value.error else None)

    assert codes == ["ResourceGroupNotFound", *["ResourceNotFound"] * 3]


def test_installing_an_extension(fleet: Azure, contract_check: Callable[[Path], str]) -> None:
    """An extension is made, updated and read back without its secrets."""
    extensions = fleet.compute.virtual_machine_extensions
    sent = {
        "location": "westeurope",
        "properties": {
            "publisher": "Microsoft.Azure.Extensions",
            "type": "CustomScript",
            "typeHandlerVersion": "2.1",
            "settings": {},
            "protectedSettings": {"commandToExecute": "true"},
        },
    }
    for _ in range(2):
        extensions.begin_create_or_update("rg-web", "web-01", "script", sent).result()
    got = extensions.get("rg-web", "web-01", "script")

    assert got.provisioning_state == "Succeeded"
    assert "protectedSettings" not in got.properties
    assert contract_check(fleet.opened.exchanges).endswith(" 0 violations")


def test_installing_without_an_agent_fails(fleet: Azure) -> None:
    """With a dead agent nothing can be installed."""
    sent = {
        "location": "westeurope",
        "properties": {"publisher": "P", "type": "T", "typeHandlerVersion": "1.0"},
    }
    with pytest.raises(HttpResponseError) as failed:
        fleet.compute.virtual_machine_extensions.begin_create_or_update(
            "rg-web", "web-05", "script", sent
        ).result()

    assert failed.value.error is not None
    assert failed.value.error.code == "VMAgentStatusCommunicationError"


def _run(azure: Azure, group: str, name: str, command: str) -> Any:
    return azure.compute.virtual_machines.begin_run_command(
        group, name, {"commandId": command, "script": ["true"]}
    ).result()


def test_scripts_run_where_an_agent_answers(
    fleet: Azure, contract_check: Callable[[Path], str]
) -> None:
    """Linux answers with one line for both streams, Windows with one for each."""
    linux = _run(fleet, "rg-web", "web-01", "RunShellScript").value
    windows = _run(fleet, "rg-web", "web-03", "RunPowerShellScript").value

    assert [line.code for line in linux] == ["ProvisioningState/succeeded"]
    assert [line.code for line in windows] == [
        "ComponentStatus/StdOut/succeeded",
        "ComponentStatus/StdErr/succeeded",
    ]
    assert contract_check(fleet.opened.exchanges).endswith(" 0 violations")


@pytest.mark.parametrize(
    ("name", "command", "code"),
    [
        ("web-05", "RunShellScript", "VMAgentStatusCommunicationError"),
        ("web-08", "RunShellScript", "OperationNotAllowed"),
        ("web-01", "", "InvalidParameter"),
    ],
)
def test_scripts_that_cannot_run(fleet: Azure, name: str, command: str, code: str) -> None:
    """A script needs a command, a running machine and a living agent."""
    with pytest.raises(HttpResponseError) as failed:
        _run(fleet, "rg-web", name, command)

    assert failed.value.error is not None
    assert failed.value.error.code == code


def test_start_gives_no_agent_to_a_machine_without_one(fleet: Azure) -> None:
    """A machine that never had an agent has none after a restart."""
    world = fleet.opened.world
    vm_id = fleet.compute.virtual_machines.get("rg-web", "web-01").id
    document: Any = world.documents.get(vm_id)
    document["properties"].pop("instanceView")
    world.documents.put(document)
    fleet.compute.virtual_machines.begin_restart("rg-web", "web-01").result()
    fleet.opened.transport.sleep(60)
    view = _view(fleet, "rg-web", "web-01")

    assert "vmAgent" not in view
    assert _power(view) == ["PowerState/running"]


def test_machine_stopped_while_booting_has_no_agent_yet(fleet: Azure) -> None:
    """The agent of a machine that goes off again before it was up does not report."""
    machines = fleet.compute.virtual_machines
    machines.begin_restart("rg-web", "web-01").result()
    machines.begin_power_off("rg-web", "web-01").result()
    fleet.opened.transport.sleep(120)

    assert _agent(_view(fleet, "rg-web", "web-01")) == "Not Ready"


def test_machine_that_vanishes_ends_what_was_done_to_its_extensions(stuck: Azure) -> None:
    """Deleting or writing an extension ends quietly when its machine goes first."""
    extensions = stuck.compute.virtual_machine_extensions
    sent = {
        "location": "northeurope",
        "properties": {"publisher": "P", "type": "T", "typeHandlerVersion": "1.0"},
    }
    stuck_vm = stuck.compute.virtual_machines.get("rg-app", "app-1").id
    extensions.begin_delete("rg-app", "app-1", "VMSnapshotLinux", polling=False)
    extensions.begin_create_or_update("rg-app", "app-1", "script", sent, polling=False)
    stuck.opened.world.documents.remove(stuck_vm)
    stuck.opened.transport.sleep(600)

    assert [each for each in stuck.opened.world.documents if each["id"].startswith(stuck_vm)] == []


def test_extension_without_a_report_has_no_view(stuck: Azure) -> None:
    """An extension on which no agent ever reported shows no instance view and can be deleted."""
    world = stuck.opened.world
    vm: Any = world.documents.get(stuck.compute.virtual_machines.get("rg-app", "app-1").id)
    vm["properties"]["instanceView"]["extensions"][0]["name"] = "another"
    vm["properties"]["instanceView"]["extensions"][0]["type"] = "P.Another"
    vm["properties"]["instanceView"]["vmAgent"].pop("extensionHandlers")
    world.documents.put(vm)
    extensions = stuck.compute.virtual_machine_extensions
    got = extensions.get("rg-app", "app-1", "VMSnapshotLinux", expand="instanceView")
    extensions.begin_delete("rg-app", "app-1", "VMSnapshotLinux").result()

    assert got.instance_view is None
    assert list(extensions.list("rg-app", "app-1").value) == []


def test_failed_extension_keeps_its_machine_failed(open_world: OpenWorld, connect: Connect) -> None:
    """A failed machine recovers with its failed extension only: without an agent neither does."""
    azure = connect(open_world("user-error-vm-provisioning-state-failed"))
    world = azure.opened.world
    machines = azure.compute.virtual_machines
    vm: Any = world.documents.get(machines.get("rg-shop", "web-1").id)
    agent = vm["properties"]["instanceView"]["vmAgent"]["statuses"][0]
    agent["displayStatus"] = "Not Ready"
    world.documents.put(vm)
    states = []
    for begin in (machines.begin_reapply, machines.begin_redeploy, machines.begin_reapply):
        begin("rg-shop", "web-1").result()
        azure.opened.transport.sleep(60)
        states.append(machines.get("rg-shop", "web-1").provisioning_state)
    extension = azure.compute.virtual_machine_extensions.get("rg-shop", "web-1", "MonitorAgent")

    assert states == ["Failed", "Failed", "Succeeded"]
    assert extension.provisioning_state == "Succeeded"


def test_deleting_the_failed_extension_heals_its_machine(
    open_world: OpenWorld, connect: Connect
) -> None:
    """With its last failed extension gone a failed machine recovers, and only then."""
    azure = connect(open_world("user-error-vm-provisioning-state-failed"))
    extensions, machines = azure.compute.virtual_machine_extensions, azure.compute.virtual_machines
    extensions.begin_delete("rg-shop", "web-1", "VMSnapshotLinux").result()
    between = machines.get("rg-shop", "web-1").provisioning_state
    extensions.begin_delete("rg-shop", "web-1", "MonitorAgent").result()
    job = azure.back_up(azure.item("vault-shop", "rg-shop", "web-1"))

    assert (between, job.properties.status) == ("Failed", "Completed")
