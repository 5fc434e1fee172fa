"""Read what a command needs to know. Only reads; every list that fails becomes a gap.

Readers run side by side: the tool waits on the network, not on the processor. No reader's failure
stops another, except that nobody can go on without signing in.
"""

from __future__ import annotations

from azremedy.collect.collector import Collector
from azremedy.collect.needs import Needs
from azremedy.collect.readers import Memo

__all__ = ["Collector", "Memo", "Needs"]
