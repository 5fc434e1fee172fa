"""Give client tests the checker of Microsoft's documents."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def contract_check(shared: Path) -> Callable[[Path], str]:
    """Hold a file of exchanges against Microsoft's documents; gives what the checker says."""

    def checked(exchanges: Path) -> str:
        run = subprocess.run(
            [sys.executable, str(shared / "contract" / "check.py"), str(exchanges)],
            capture_output=True,
            text=True,
            check=False,
        )
        return run.stdout.strip()

    return checked
