"""Find the VMs whose backup fails or soon will, by cause, and keep the scan. Changes nothing.

Run it against a local world: ``python examples/python/scan_subscriptions.py``. For Azure, leave
``sandbox`` out of ``ConnectOptions``; without names all subscriptions are scanned that you can see.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from azremedy import api
from azremedy.api.scan import ScanOptions, save_scan, scan


def tell(options: api.ConnectOptions, file: Path, *subscriptions: str) -> int:
    """Print each cause with its VMs and the command that treats them; give how many VMs fail."""
    with api.connect(options) as azure:
        found = scan(azure, ScanOptions(subscriptions=subscriptions))
    save_scan(found, file)
    for group in found.groups:
        print(f"{group.cause}: {'failing' if group.failing else 'at risk'}: {group.title}")
        for vm in found.vms:
            if vm.cause == group.cause:
                print(f"  {vm.id}: {vm.failures} failures, {vm.points} restore points")
        print(f"  {group.command.replace('FILE', str(file))} --dry-run")
    for gap in found.gaps:
        print(f"could not be read: {gap.source}: {gap.why}")
    return len(found.failing)


if __name__ == "__main__":
    world = api.ConnectOptions(sandbox="fleet-small", read_only=True)
    with tempfile.TemporaryDirectory() as folder:
        failing = tell(world, Path(folder, "scan.json"))
    sys.exit(None if failing else "The world of this example has VMs whose backup fails")
