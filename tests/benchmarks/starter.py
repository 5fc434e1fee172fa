"""Run the program that is given and print, as JSON, what it took and said.

A process of its own and a small one: the operating system counts the memory of whoever starts a
program as the program's own peak.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time


def run(command: list[str]) -> dict[str, float | str]:
    """Run a command to its end; standard input is its own."""
    with tempfile.TemporaryFile("w+", errors="replace") as said:
        began = time.perf_counter()
        child = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(child.pid, 0)
        wall_s = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        return {
            "code": child.returncode,
            "said": said.read(),
            "wall_s": wall_s,
            "cpu_s": usage.ru_utime + usage.ru_stime,
            "maxrss": usage.ru_maxrss,
        }


if __name__ == "__main__":
    try:
        found = run(sys.argv[1:])
    except OSError as error:
        found = {"code": 127, "said": str(error)}
    sys.stdout.write(json.dumps(found))
