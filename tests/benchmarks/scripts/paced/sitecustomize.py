"""Let a program wait less, as much as the world that it talks to runs faster than time.

Python imports this at its start when its folder is on ``PYTHONPATH``. It is for programs whose
waits cannot be set from outside, and the same for all that are compared.
"""

from __future__ import annotations

import os
import time

_real_sleep = time.sleep


def _sleep(seconds: float) -> None:
    _real_sleep(seconds / float(os.environ["BENCHMARK_SPEED"]))


if "BENCHMARK_SPEED" in os.environ:
    time.sleep = _sleep  # type: ignore[assignment] # the real one also takes what is no float
