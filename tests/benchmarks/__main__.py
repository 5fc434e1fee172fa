"""Run benchmarks, print their tables, and keep them.

python -m tests.benchmarks [--only NAME] [--quick] [--out FOLDER]
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.fleets import run_fleets
from tests.benchmarks.growth import run_growth
from tests.benchmarks.one_vm import run_one_vm
from tests.benchmarks.scans import run_scan
from tests.benchmarks.startup import run_startup
from tests.benchmarks.tables import describe_machine, save, write_markdown

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.benchmarks.tables import Table

BENCHMARKS: dict[str, Callable[..., Table]] = {
    "startup": run_startup,
    "one-vm": run_one_vm,
    "fleets": run_fleets,
    "scan": run_scan,
    "growth": run_growth,
}
"""By name, in their order."""
RESULTS = Path(__file__).with_name("results")


def main() -> int:
    """Run what the command line names; all that is not met is told, and is no failure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=tuple(BENCHMARKS))
    parser.add_argument("--quick", action="store_true", help="fewer rounds and smaller fleets")
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    for name in given.only or BENCHMARKS:
        machine = describe_machine()
        table = replace(BENCHMARKS[name](quick=given.quick), measured=machine)
        save((table,), given.out)
        sys.stdout.write(write_markdown((table,)) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
