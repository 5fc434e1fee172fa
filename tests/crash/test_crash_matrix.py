"""Wherever a process dies, taking its run up ends as if it had lived; nothing is done twice.

``python -m tests.crash.matrix crashes`` tries more repairs, and lets what takes a run up die as
well at many more pairs of points.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.crash.trials import AT_ONCE, LATER, die_once, die_twice, live
from tests.crash.worlds import REPAIRS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

USUAL = tuple(name for name, repair in REPAIRS.items() if not repair.rare)
SENDS = 10
"""Points that every repair has at least: four entries, before, within and after each."""


@pytest.mark.parametrize("name", USUAL)
def test_run_that_is_cut_off_anywhere_ends_as_if_it_had_lived(
    tmp_path: Path, name: str, record_property: Callable[[str, object], None]
) -> None:
    """Before and after each journal write and request, and in the middle of a line.

    Every second point is taken up when all that was under way in Azure has long ended.
    """
    whole = live(REPAIRS[name], tmp_path / "lives", waits=5)
    sleeps = (AT_ONCE,) if whole.repair.passing else (AT_ONCE, LATER)

    faults = [
        die_once(whole, point, tmp_path, asleep=sleeps[place % len(sleeps)])
        for place, point in enumerate(whole.points)
    ]

    record_property("crash points", len(faults))
    assert [] == [fault for fault in faults if fault]
    assert SENDS <= len(faults)


@pytest.mark.parametrize("name", ["clean below two locks", "fix the limit", "deallocate and start"])
def test_what_takes_a_run_up_may_die_as_well(
    tmp_path: Path, name: str, record_property: Callable[[str, object], None]
) -> None:
    """And the third process ends it as if the first had lived."""
    whole = live(REPAIRS[name], tmp_path / "lives", waits=5)
    pairs = [(point, 2 + point % 37) for point in whole.points[2::5]]

    faults = [die_twice(whole, first, second, tmp_path) for first, second in pairs]

    record_property("second deaths", len(faults))
    assert [] == [fault for fault in faults if fault]
    assert SENDS // 2 <= len(faults)
