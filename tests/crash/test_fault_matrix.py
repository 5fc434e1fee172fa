"""Whatever fails, wherever it fails: a run claims no more than is true, and can be taken up.

``python -m tests.crash.matrix faults`` tries all repairs, with trouble that is shorter and longer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.crash.faults import list_troubles, meet
from tests.crash.trials import live
from tests.crash.worlds import REPAIRS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LONGER_THAN_RETRIES = 8
FEWEST = 15
"""Troubles that the least of the repairs can meet."""


@pytest.mark.parametrize(
    ("name", "place", "times"),
    [
        ("orphaned", "", LONGER_THAN_RETRIES),
        ("fix the limit", "/backup", LONGER_THAN_RETRIES),
        ("fix the limit", "/backup", 1),
        ("resume protection", "/protectedItems/", LONGER_THAN_RETRIES),
        ("storage", "", LONGER_THAN_RETRIES),
        ("keys", "", LONGER_THAN_RETRIES),
        ("restart", "/virtualMachines/", LONGER_THAN_RETRIES),
    ],
)
def test_run_in_trouble_ends_truthfully_and_is_taken_up(
    tmp_path: Path,
    name: str,
    place: str,
    times: int,
    record_property: Callable[[str, object], None],
) -> None:
    """Done, or failed with lent locks back or told; later the same end as without trouble.

    Never a second backup, and nothing else twice that has not failed.
    """
    whole = live(REPAIRS[name], tmp_path / "lives")
    listed = list_troubles(whole, tmp_path / "listened", times=times)
    troubles = [each for each in listed if place in each.fault.match.path]

    endings = [meet(whole, each, tmp_path / str(n)) for n, each in enumerate(troubles)]

    record_property("faults", len(endings))
    assert [] == [each.fault for each in endings if each.fault]
    assert FEWEST <= len(endings)
    assert any(each.exit_code == 0 for each in endings)
    assert times == 1 or any(each.exit_code != 0 for each in endings)
