"""Copying a subscription: what is in the copy, what is asked, what may not be read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from azremedy import api
from azremedy.api import capture as copying
from azremedy.api.capture import CaptureOptions
from azremedy.api.connect import connect_app
from azremedy.errors import SignInError
from azremedy.sandbox import App, World, scenario
from azremedy.sandbox.recorder import Recorder
from azremedy.sandbox.scenario import Fault, FaultAnswer, Grant, Match
from tests.clients import az_world
from tests.support.calls import list_writes
from tests.support.shapes import holds, open_document, shape

if TYPE_CHECKING:
    from pathlib import Path

WORLDS = (
    "healthy",
    "restore-point-limit",
    "custom-group-name",
    "stuck-extension",
    "two-vms-alike",
    "fleet-small",
)
DERIVED = {"Microsoft.Compute/disks"}
"""What the sandbox shows although no scenario wrote it down."""


def capture(app: App, **options: Any) -> copying.Capture:
    """Copy a world's first subscription."""
    azure = connect_app(app)
    return copying.capture(azure, CaptureOptions(**options))


def capture_every(app: App) -> dict[str, dict[str, Any]]:
    """Copy all subscriptions of a world; gives the documents by id."""
    subscriptions = app.world.documents.of_type("Microsoft.Resources/subscriptions")
    copies = [copying.capture(connect_app(app, each["subscriptionId"])) for each in subscriptions]
    assert [copy.gaps for copy in copies] == [()] * len(copies)
    return {each["id"]: each for copy in copies for each in copy.scenario["resources"]}


def own_documents(app: App) -> dict[str, dict[str, Any]]:
    """Give a world's documents by id, without what Azure hides in an answer.

    A machine that is deallocated has no guest to report, and who asked for a job is not told.
    """
    found = {}
    for document in app.world.export()["resources"]:
        properties = {**document.get("properties", {})}
        properties.pop("instanceView", None)
        properties.pop("isUserTriggered", None)
        found[document["id"]] = {**document, "properties": properties}
    return found


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """Give a world whose VM has an interface, a security group, a network and a key vault."""
    return az_world.write(tmp_path)


@pytest.mark.parametrize("name", WORLDS)
def test_a_copy_holds_the_whole_world(name: str, tmp_path: Path) -> None:
    """Every document of the world is in the copy, with everything that it says."""
    app = App(World(scenario.load(name)))

    copied = capture_every(app)

    document = {
        "schema": "azremedy.sandbox/1",
        "name": "copy",
        "title": "A copy.",
        "now": app.world.clock.text(),
        "resources": list(copied.values()),
    }
    original, again = own_documents(app), own_documents(open_document(document, tmp_path))
    assert sorted(original.keys() - again.keys()) == []
    assert {again[key]["type"] for key in again.keys() - original.keys()} <= DERIVED
    assert [key for key in original if not holds(again[key], original[key])] == []


def test_a_copy_of_a_copy_is_the_same(tmp_path: Path) -> None:
    """Nothing is lost or added on the way through a file."""
    first = capture(App(World(scenario.load("restore-point-limit"))))

    again = capture(open_document(first.scenario, tmp_path))

    assert first.scenario == again.scenario


def test_what_a_vm_names_is_copied_too(network: Path) -> None:
    """Interface, security group and network of a VM are in the copy; a strange vault is not."""
    copied = capture(App(World(scenario.load(network))))

    kinds = {each.get("type", "") for each in copied.scenario["resources"]}
    assert {
        "Microsoft.Network/networkInterfaces",
        "Microsoft.Network/networkSecurityGroups",
        "Microsoft.Network/virtualNetworks",
    } == {kind for kind in kinds if kind.startswith("Microsoft.Network")}
    assert "Microsoft.KeyVault/vaults" not in kinds


def test_a_copy_writes_nothing(tmp_path: Path) -> None:
    """Only reads are sent."""
    exchanges = tmp_path / "exchanges.jsonl"
    world = World(scenario.load("restore-point-limit"))

    capture(App(world, recorder=Recorder(exchanges, cassette="capture")))

    assert exchanges.is_file()
    assert list_writes(exchanges) == []


def test_a_missing_permission_is_a_gap() -> None:
    """The copy goes on without the restore points, and says which permission was missing."""
    loaded = scenario.load("restore-point-limit")
    action = "Microsoft.Compute/restorePointCollections/read"
    grant = Grant(scope="/", actions=("*/read",), not_actions=(action,))

    copied = capture(App(World(replace(loaded, caller=(grant,)))))

    assert [action] == [gap.action for gap in copied.gaps]
    types = [each.get("type") for each in copied.scenario["resources"]]
    assert "Microsoft.Compute/restorePointCollections" not in types
    assert types.count("Microsoft.Compute/virtualMachines") == 1


def test_a_failure_of_azure_is_a_gap_too() -> None:
    """A list that Azure cannot give now is told with Azure's own code."""
    answer = FaultAnswer(status=400, code="Strange")
    fault = Fault(match=Match(method="GET", path="*/locks"), answer=answer)
    loaded = replace(scenario.load("restore-point-limit"), faults=(fault,))

    copied = capture(App(World(loaded)))

    assert [None] == [gap.action for gap in copied.gaps]
    assert "Strange" in copied.gaps[0].why


def test_without_a_sign_in_there_is_no_copy() -> None:
    """A sign-in that ends in the middle is no gap: nothing else could be read either."""
    answer = FaultAnswer(status=401, code="ExpiredAuthenticationToken")
    fault = Fault(match=Match(method="GET", path="*/locks"), answer=answer, times=9)
    loaded = replace(scenario.load("restore-point-limit"), faults=(fault,))

    with pytest.raises(SignInError):
        capture(App(World(loaded)))


def test_only_so_many_jobs_are_read_in_full(tmp_path: Path) -> None:
    """The failed ones come first; the rest is kept as the list tells it."""
    document = _with_jobs(copying.JOBS_IN_FULL + 5)

    copied = capture(open_document(document, tmp_path))

    jobs = [each for each in copied.scenario["resources"] if "/backupJobs/" in each["id"]]
    full = [job for job in jobs if "extendedInfo" in job["properties"]]
    assert copying.JOBS_IN_FULL + 7 == len(jobs)
    assert copying.JOBS_IN_FULL == len(full)
    assert "Failed" in {job["properties"]["status"] for job in full}


def _with_jobs(count: int) -> dict[str, Any]:
    """Give the world of the limit with more jobs than anybody reads one by one."""
    loaded = scenario.load("restore-point-limit")
    job = next(
        each
        for each in loaded.resources
        if "/backupJobs/" in each["id"] and each["properties"]["status"] == "Completed"
    )
    vault = job["id"].rpartition("/")[0]
    names = [f"00000000-0000-0000-0000-{number:012d}" for number in range(count)]
    more = [{**job, "id": f"{vault}/{name}", "name": name} for name in names]
    return {
        "schema": loaded.schema,
        "name": "jobs",
        "title": "Many jobs.",
        "now": loaded.now.isoformat(),
        "resources": [*loaded.resources, *more],
    }


@pytest.mark.parametrize("name", WORLDS)
def test_a_masked_copy_is_built_like_the_original(name: str) -> None:
    """Keys, kinds and numbers of things stay; only texts change."""
    app = App(World(scenario.load(name)))

    plain, masked = capture(app), capture(app, mask=True)

    assert shape(plain.scenario["resources"]) == shape(masked.scenario["resources"])


@pytest.mark.parametrize("name", WORLDS)
def test_azremedy_finds_the_same_in_a_masked_copy(name: str, tmp_path: Path) -> None:
    """What belonged together still does: groups, locks, collections, points and their VMs."""
    app = App(World(scenario.load(name)))
    masked = capture(app, mask=True, name="masked")

    before = api.find_groups(connect_app(app))
    after = api.find_groups(connect_app(open_document(masked.scenario, tmp_path)))

    assert sorted(map(_told, before.groups)) == sorted(map(_told, after.groups))


def _told(group: Any) -> tuple[int, int, list[int], bool]:
    points = sorted(len(each.restore_points or ()) for each in group.collections)
    is_default = group.group.id.name.startswith("AzureBackupRG_")
    return len(group.locks), len(group.inherited_locks), points, is_default


def test_a_masked_world_is_repaired_like_the_original(tmp_path: Path) -> None:
    """The same steps end in the same way."""
    app = App(World(scenario.load("restore-point-limit")))
    masked = capture(app, mask=True, name="masked")
    options = api.CleanOptions(unlock=True)

    ends = []
    for where, vm in ((app, "web-1"), (open_document(masked.scenario, tmp_path), "vm-1")):
        azure = connect_app(where)
        plan = api.plan_clean(azure, api.VmNames(names=(vm,)), options)
        run = api.apply(azure, plan)
        ends.append((run.state, [type(step.step) for step in plan.steps]))

    assert ends[0] == ends[1]
