"""Clean up or take up with less patience: ``python -m tests.crash.hurried clean VM | resume RUN``.

A lock's change is believed after some reads that are seconds apart; here they are apart by less.
"""

from __future__ import annotations

import os
import sys
from datetime import timedelta

from azremedy import api
from azremedy.engine.handlers.base import Patience

HURRIED = Patience(lock_read_every=timedelta(milliseconds=50), lock_reads=2)
LENT = api.CleanOptions(unlock=True, relock=True)


def main(what: str, name: str) -> int:
    """Do it; give the exit code."""
    cloud = os.environ["ARM_CLOUD_METADATA_URL"]
    with api.connect(api.ConnectOptions(cloud=cloud)) as azure:
        if what == "resume":
            return api.resume(azure, name, patience=HURRIED).exit_code
        plan = api.plan_clean(azure, api.VmNames(names=(name,)), LENT)
        return api.apply(azure, plan, patience=HURRIED).exit_code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
