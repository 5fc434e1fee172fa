"""Gather all kinds of exchange that are compared."""

from __future__ import annotations

from tests.sandbox.recordings.kinds_backup import RECOVERY
from tests.sandbox.recordings.kinds_compute import COMPUTE
from tests.sandbox.recordings.kinds_network import NETWORK
from tests.sandbox.recordings.kinds_platform import PLATFORM

KINDS = (*PLATFORM, *COMPUTE, *RECOVERY, *NETWORK)
"""All of them."""
