"""How many VMs are worked on at once: a canary, then more, and none after too many failures."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

CONCURRENCY = 10
"""VMs at once when nobody says otherwise; Terraform's ``-parallelism`` is ten as well."""
_BUDGET = re.compile(r"(?P<number>\d{1,7})(?P<percent>%?)")
_WHOLE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBudget:
    """How many VMs may fail before no other one is begun."""

    number: int
    """VMs, or percent of those that have ended."""
    percent: bool = False
    """Whether it is a share. One failure is always within a share: the first VM is all there is."""

    def is_spent(self, *, failed: int, ended: int) -> bool:
        """Say whether so many failures are too many."""
        allowed = max(1.0, ended * self.number / _WHOLE) if self.percent else self.number
        return failed > allowed

    def __str__(self) -> str:
        return f"{self.number}{'%' if self.percent else ''}"


def parse_budget(text: str) -> ErrorBudget:
    """Read ``5`` or ``20%``.

    Raises:
        ValueError: it is neither, or more than the whole.
    """
    found = _BUDGET.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"'{text}' is neither a number nor a percentage, such as 5 or 20%")
    number, percent = int(found["number"]), bool(found["percent"])
    if percent and number > _WHOLE:
        raise ValueError(f"'{text}' is more than all of them")
    return ErrorBudget(number=number, percent=percent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ramp:
    """How a run over several VMs speeds up, and when it stops."""

    concurrency: int = CONCURRENCY
    """VMs at once at the most."""
    first: int = 1
    """VMs at once in the beginning: the canaries."""
    budget: ErrorBudget = ErrorBudget(number=20, percent=True)
    """How many may fail."""

    def is_parallel(self, targets: int) -> bool:
        """Say whether so many targets are worked on side by side; one alone never is."""
        return self.concurrency > 1 and targets > 1

    def find_most(self, targets: int) -> int:
        """Find how many of so many targets are ever worked on at once.

        Each that is at work but for the first has taken the room of one that has ended.
        """
        first = max(1, min(self.first, self.concurrency))
        return min(self.concurrency, (targets + first) // 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a run goes so far."""

    ramp: Ramp
    """What it keeps to."""
    window: int
    """VMs at once, now."""
    ended: int = 0
    """VMs that have ended, well or not."""
    failed: int = 0
    """Those that have not ended well."""

    @classmethod
    def begin(cls, ramp: Ramp) -> Pace:
        """Give the pace of a run that has not begun."""
        return cls(ramp=ramp, window=max(1, min(ramp.first, ramp.concurrency)))

    @property
    def is_over(self) -> bool:
        """Whether no other VM may be begun."""
        return self.ramp.budget.is_spent(failed=self.failed, ended=self.ended)

    def after(self, *, well: bool) -> Pace:
        """Give the pace after one more VM has ended.

        Each good end makes room for one more, so that the window doubles with each round.
        """
        if not well:
            return replace(self, ended=self.ended + 1, failed=self.failed + 1)
        wider = min(self.window + 1, self.ramp.concurrency)
        return replace(self, ended=self.ended + 1, window=wider)
