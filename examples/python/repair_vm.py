"""Repair one VM's backup from Python: plan, look, apply, back up.

Run it against a local world: ``python examples/python/repair_vm.py``. For Azure, leave ``sandbox``
out of ``ConnectOptions`` and give the VM's name or id.
"""

from __future__ import annotations

import sys

from azremedy import api


def repair(options: api.ConnectOptions, vm: str) -> int:
    """Delete the VM's restore point collections, then prove the repair with a backup."""
    with api.connect(options) as azure:
        target = api.VmNames(names=(vm,))
        plan = api.plan_clean(azure, target, api.CleanOptions(unlock=True))
        for verdict in plan.refusals:
            print(f"refused: {verdict.message} (override: {verdict.override})")
        for planned in plan.steps:
            print(f"{planned.number}. {planned.step.kind} {planned.step.target}")
        if code := api.apply(azure, plan).exit_code:
            return code
        backup = api.plan_backup(azure, target, api.BackupOptions(until=api.WaitFor.JOB))
        run = api.apply(azure, backup)
        print(run.state, run.steps[-1].message)
        return run.exit_code


if __name__ == "__main__":
    sys.exit(repair(api.ConnectOptions(sandbox="restore-point-limit"), "web-1"))
