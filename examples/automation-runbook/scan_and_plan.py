"""An Azure Automation runbook: scan, plan the repair of one cause, keep the plan. Never applies.

It runs on a Hybrid Runbook Worker, as a Python runbook. In Azure's own workers azremedy cannot run:
they have Python 3.10 at most and take only packages without compiled parts, and azremedy needs
Python 3.11 and has such packages among what it uses.
Sources: learn.microsoft.com/azure/automation/runtime-environment-overview (2025-06-27),
learn.microsoft.com/azure/automation/python-3-packages (2023-10-16).

So this file needs nothing but the worker's own Python 3.8 or newer, and calls azremedy, which the
worker has in an environment of its own:

    python3.13 -m venv /opt/azremedy && /opt/azremedy/bin/pip install azremedy

azremedy signs in as the worker's managed identity, which needs the role to diagnose that
'azremedy role' writes. Whoever applies the plan, on the worker or elsewhere, needs the other one.

Parameters of the runbook, in this order: the subscription's id, and the cause to plan for, if it is
not the default. Variables of the worker: AZREMEDY_PROGRAM and AZREMEDY_PLANS, if the program and
the folder for scans and plans are not those below.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

PROGRAM = "/opt/azremedy/bin/azremedy"
PLANS = "/var/lib/azremedy/plans"
CAUSE = "UserErrorRpCollectionLimitReached"
NOT_ALL_READ = 3
"""The exit code of a scan that found what it could, and names what it could not read."""


def call(*arguments: str) -> int:
    """Call azremedy, which can change nothing here; what it tells goes to the job's output."""
    program = os.environ.get("AZREMEDY_PROGRAM", PROGRAM)
    done = subprocess.run(  # noqa: S603 - the worker's own program
        [program, *arguments],
        env={**os.environ, "AZREMEDY_READ_ONLY": "1", "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    print(done.stdout, flush=True)
    return done.returncode


def scan_and_plan(subscription: str, cause: str) -> str:
    """Scan and plan; give what is to be done next.

    A job that ends with an error is one that 'Failed' in Azure Automation, for which there are
    alerts: so it ends where azremedy failed, or refused to plan.
    """
    folder = Path(os.environ.get("AZREMEDY_PLANS", PLANS))
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")  # noqa: UP017 - Python 3.8 runs it
    scan, plan = folder / f"{now}-scan.json", folder / f"{now}-plan.json"
    code = call("scan", "--subscription", subscription, "--out", str(scan))
    if code not in (0, NOT_ALL_READ):
        raise SystemExit(f"The scan failed with exit code {code}")
    vms = json.loads(scan.read_text(encoding="utf-8"))["vms"]
    if not any(vm["cause"] == cause for vm in vms):
        if code == NOT_ALL_READ:
            raise SystemExit(f"No VM with {cause} is seen, but not all could be read; see {scan}")
        return f"No VM has {cause}; the scan is in {scan}"
    asked = ("--from-scan", str(scan), "--cause", cause, "--unlock", "--out", str(plan))
    code = call("plan", "fix", *asked)
    if not plan.exists():
        raise SystemExit(f"Nothing can be planned as it is; exit code {code}")
    fingerprint = json.loads(plan.read_text(encoding="utf-8"))["fingerprint"]
    return f"Look at the plan, then: azremedy apply {plan} --approve {fingerprint}"


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        raise SystemExit("Parameters: SUBSCRIPTION_ID [CAUSE]")
    print(scan_and_plan(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else CAUSE))  # noqa: PLR2004 - see above
