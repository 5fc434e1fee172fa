"""Print how the sandbox compares with the recordings: `python -m tests.sandbox.recordings`."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

from tests.sandbox.recordings.accepted import ACCEPTED
from tests.sandbox.recordings.catalogue import KINDS
from tests.sandbox.recordings.traffic import read
from tests.sandbox.recordings.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sandbox.recordings.verdict import Verdict


def main() -> None:
    """Print every difference with its reason, and the sums."""
    recordings = read()
    verdicts = [verdict for kind in KINDS for verdict in judge(kind, recordings)]
    for line in (*_differences(verdicts), *_sums(verdicts)):
        sys.stdout.write(f"{line}\n")


def _differences(verdicts: list[Verdict]) -> Iterator[str]:
    for verdict in verdicts:
        yield f"{verdict.step} ({verdict.recordings} recordings)"
        for said in verdict.differences:
            reasons = [one.reason for one in ACCEPTED if one.covers(verdict.step, said)]
            yield f"    {said}\n        {reasons[0] if reasons else 'NOT LISTED'}"


def _sums(verdicts: list[Verdict]) -> Iterator[str]:
    tally: Counter[str] = Counter()
    for verdict in verdicts:
        tally["recorded exchanges"] += verdict.recordings
        tally["differences"] += len(verdict.differences)
        tally["not listed"] += len(verdict.unlisted)
    yield f"{len(KINDS)} kinds, {len(verdicts)} steps, {len(ACCEPTED)} rows in the table"
    yield ", ".join(f"{count} {name}" for name, count in tally.items())


if __name__ == "__main__":
    main()
