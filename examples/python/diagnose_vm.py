"""Say from Python why the backup of a VM fails, and on what facts. Changes nothing.

Run it against a local world: ``python examples/python/diagnose_vm.py``. For Azure, leave
``sandbox`` out of ``ConnectOptions`` and give the VM's name or id.
"""

from __future__ import annotations

import sys

from azremedy import api


def tell(options: api.ConnectOptions, vm: str) -> int:
    """Print each cause that the facts show; give 1 when there is one."""
    with api.connect(options) as azure:
        (examined,) = api.diagnose(azure, api.VmNames(names=(vm,)))
    for finding in examined.diagnosis.confirmed:
        print(f"{finding.cause}: {finding.title}")
        for basis in finding.basis:
            print(f"  {basis.fact} (request {basis.request_id})")
    for gap in examined.diagnosis.gaps:
        print(f"could not be read: {gap.source}: {gap.why}")
    return 1 if examined.diagnosis.confirmed else 0


if __name__ == "__main__":
    found = tell(api.ConnectOptions(sandbox="restore-point-limit", read_only=True), "web-1")
    sys.exit(0 if found else "The world of this example has a cause")
