"""How the cost of one VM's plan grows with what lies around it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from azremedy.sandbox import scenario
from tests.benchmarks.installed import find_installed
from tests.benchmarks.paths import read_exchanges
from tests.benchmarks.processes import Program, measure
from tests.benchmarks.tables import Table
from tests.benchmarks.worlds import serving, write_world
from tests.support.fleets import multiply

if TYPE_CHECKING:
    from collections.abc import Callable

    from azremedy.sandbox.scenario import Scenario

_SCENARIO = "restore-point-limit"
_GROUP = "AzureBackupRG_westeurope_1"
_LOCKS = "/providers/Microsoft.Authorization/locks"
_COLLECTION = f"{_GROUP}/providers/Microsoft.Compute/restorePointCollections/AzureBackup_web-1_"


def run_growth(*, quick: bool) -> Table:
    """Plan the repair of one VM among more and more locks, collections and points."""
    sizes = (1, 50) if quick else (1, 10, 100, 400)
    rows = [
        _row(name, size, make(scenario.load(_SCENARIO), size))
        for name, make in MORE.items()
        for size in sizes
    ]
    return Table(
        name="growth",
        title="Growth: `clean-rpc --dry-run` of one VM among more of its surroundings",
        columns=("more", "how many", "wall s", "processor s", "peak MiB", "requests"),
        rows=tuple(rows),
        notes=("One run each; every answer takes 50 ms, and lists have pages of 20.",),
    )


def _add_locks(base: Scenario, count: int) -> tuple[Any, ...]:
    group = next(each["id"] for each in base.resources if each["id"].endswith(f"/{_GROUP}"))
    level = {"level": "CanNotDelete"}
    more = ({"id": f"{group}{_LOCKS}/more-{n}", "properties": level} for n in range(count))
    return (*base.resources, *more)


def _add_vms(base: Scenario, count: int) -> tuple[Any, ...]:
    return multiply(base, count).resources


def _add_points(base: Scenario, count: int) -> tuple[Any, ...]:
    points = [each for each in base.resources if "/restorePoints/" in each["id"]]
    model = points[0]
    copies = ({**model, "id": f"{model['id']}{number:04}"} for number in range(count))
    return (*base.resources, *copies)


MORE: dict[str, Callable[[Scenario, int], tuple[Any, ...]]] = {
    "locks on the group": _add_locks,
    "VMs with a collection each": _add_vms,
    "restore points of the VM": _add_points,
}
"""What there is more of."""


def _row(name: str, size: int, resources: tuple[Any, ...]) -> tuple[str, ...]:
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        path = write_world(scenario.load(_SCENARIO), Path(folder), resources=resources)
        with serving(path, Path(folder)) as served:
            asked = ("clean-rpc", "--vm", "web-1", "--unlock", "--dry-run", *_QUIET)
            command = (find_installed().azremedy, *asked)
            sample = measure(Program(name=name, command=command, env=served.env))
            count = len(read_exchanges(served.record))
    numbers = (f"{sample.wall_s:.2f}", f"{sample.cpu_s:.2f}", f"{sample.peak_mib:.0f}", str(count))
    return (name, str(size), *numbers)


_QUIET = ("--only-show-errors", "-o", "none")
