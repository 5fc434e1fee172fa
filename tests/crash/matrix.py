"""Let every repair die everywhere, once and twice: ``python -m tests.crash.matrix [REPAIR ...]``.

Prints a table; exits 1 when anything is wrong. It takes minutes.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from time import process_time

from tests.crash.trials import Whole, die_once, die_twice, live
from tests.crash.worlds import REPAIRS

SECOND_DEATHS = (3, 5, 8, 11, 14, 18, 23, 29, 37)
"""Where what takes a run up dies."""
_ROW = "{:<26}{:>12}{:>9}{:>15}{:>8}{:>8}"


def main(names: list[str]) -> int:
    """Try the named repairs, or all."""
    _say(_ROW.format("repair", "boundaries", "points", "second deaths", "wrong", "CPU s"))
    wrong: list[str] = []
    for name in names or REPAIRS:
        with tempfile.TemporaryDirectory() as folder:
            found = _try(name, Path(folder))
        wrong.extend(f"{name}: {fault}" for fault in found)
    _say("\n".join(wrong) or "Nothing is wrong.")
    return 1 if wrong else 0


def _try(name: str, folder: Path) -> list[str]:
    began, whole = process_time(), live(REPAIRS[name], folder / "lives")
    faults = [die_once(whole, point, folder / "once") for point in whole.points]
    twice = [(point, later) for point in whole.points[1::2] for later in SECOND_DEATHS]
    faults += [die_twice(whole, point, later, folder / "twice") for point, later in twice]
    found = [fault for fault in faults if fault]
    _say(_row(name, whole, len(twice), len(found), process_time() - began))
    return found


def _row(name: str, whole: Whole, twice: int, wrong: int, seconds: float) -> str:
    points = len(whole.points)
    return _ROW.format(name, whole.passed, points, twice, wrong, f"{seconds:.1f}")


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a program's answer


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
