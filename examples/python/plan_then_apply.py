"""Plan in one process, approve by fingerprint, carry out in another, and listen to the run.

Run it against a local world: ``python examples/python/plan_then_apply.py``. For Azure, leave
``sandbox`` out of ``ConnectOptions`` and give the VM's name or id.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from azremedy import api


def keep(options: api.ConnectOptions, vm: str, file: Path) -> str:
    """Keep a plan in a file; what is approved is its fingerprint."""
    with api.connect(options) as azure:
        plan = api.plan_fix(azure, api.VmNames(names=(vm,)), api.FixOptions(unlock=True))
    return api.save_plan(plan, file)


def carry_out(options: api.ConnectOptions, file: Path, approved: str) -> int:
    """Carry out exactly what was approved, unless the world has moved since."""
    plan = api.load_plan(file)
    api.check_approval(plan, approved)
    with api.connect(api.choose_connection(plan, options)) as azure:
        holding = api.check_still_holds(azure, plan)
        run = api.apply(azure, holding, listen=lambda event: print(event.kind))
    for result in run.steps:
        print(result.number, result.state, result.message, f"(request {result.request_id})")
    return run.exit_code


if __name__ == "__main__":
    world = api.ConnectOptions(sandbox="restore-point-limit")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "plan.json")
        sys.exit(carry_out(world, path, keep(world, "web-1", path)))
