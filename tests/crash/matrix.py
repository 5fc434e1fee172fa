"""Try every repair at every point, and with every trouble.

``python -m tests.crash.matrix crashes|faults [REPAIR ...]`` prints a table, and exits 1 when
anything is wrong. It takes many minutes.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

from tests.crash.faults import list_troubles, meet
from tests.crash.trials import AT_ONCE, LATER, die_once, die_twice, live
from tests.crash.worlds import REPAIRS

if TYPE_CHECKING:
    from collections.abc import Callable

SECOND_DEATHS = (3, 5, 8, 11, 14, 18, 23, 29, 37)
"""Where what takes a run up dies."""
TIMES = (1, 8, 40)
"""How often trouble comes: once, longer than the SDK tries, longer than most patience."""
_ROW = "{:<26}{:>10}{:>8}{:>8}"


def main(what: str, names: list[str]) -> int:
    """Try the named repairs, or all."""
    _say(_ROW.format("repair", what, "wrong", "CPU s"))
    wrong: list[str] = []
    for name in names or REPAIRS:
        began = process_time()
        with tempfile.TemporaryDirectory() as folder:
            told = _TRIALS[what](name, Path(folder))
        found = [fault for fault in told if fault]
        _say(_ROW.format(name, len(told), len(found), f"{process_time() - began:.1f}"))
        wrong.extend(f"{name}: {fault}" for fault in found)
    _say("\n".join(wrong) or "Nothing is wrong.")
    return 1 if wrong else 0


def _try_crashes(name: str, folder: Path) -> list[str]:
    """Die at every point, at once and for hours, and twice at many pairs of points."""
    whole = live(REPAIRS[name], folder / "lives")
    sleeps = (AT_ONCE,) if whole.repair.passing else (AT_ONCE, LATER)
    once = [
        die_once(whole, point, folder / str(sleep), asleep=sleep)
        for sleep in sleeps
        for point in whole.points
    ]
    pairs = ((point, later) for point in whole.points[1::2] for later in SECOND_DEATHS)
    return once + [die_twice(whole, *pair, folder / "twice") for pair in pairs]


def _try_faults(name: str, folder: Path) -> list[str]:
    """Meet every trouble at every kind of request, for a short and for a long time."""
    whole, told = live(REPAIRS[name], folder / "lives"), []
    for times in TIMES:
        troubles = list_troubles(whole, folder / f"listened-{times}", times=times)
        for number, each in enumerate(troubles):
            ending = meet(whole, each, folder / f"{times}-{number}")
            told.append(ending.fault and f"{times} times {ending.fault}")
    return told


_TRIALS: dict[str, Callable[[str, Path], list[str]]] = {
    "crashes": _try_crashes,
    "faults": _try_faults,
}


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a program's answer


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
