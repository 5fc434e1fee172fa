"""Let a program's time run as much faster as that of the world that it talks to.

Python imports this at its start when its folder is on ``PYTHONPATH``. It is for programs whose
waits cannot be set from outside, and the same for all that are compared.
"""

from __future__ import annotations

import os
import time

_real_sleep, _real_time = time.sleep, time.time
_began = time.time()
_speed = float(os.environ.get("BENCHMARK_SPEED", "1"))


def _sleep(seconds: float) -> None:
    _real_sleep(seconds / _speed)


def _time() -> float:
    return _began + (_real_time() - _began) * _speed


if _speed != 1:
    time.time = _time
    time.sleep = _sleep  # type: ignore[assignment] # the real one also takes what is no float
