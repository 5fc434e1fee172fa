"""Read what a scan still lacks about the few VMs that are in trouble."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from azremedy.collect import lists
from azremedy.collect.readers import WORKERS
from azremedy.domain.estate import Risk
from azremedy.domain.evidence import Absent, Unreadable
from azremedy.domain.last_jobs import find_newest, find_risks, lacks_code, lacks_jobs, tell_last
from azremedy.domain.naming import restore_point_time
from azremedy.domain.scanning import LockView, needs_points
from azremedy.domain.sightings import CountPoints, tell_history

if TYPE_CHECKING:
    from azremedy.collect.readers import Reader
    from azremedy.domain.evidence import Observation
    from azremedy.domain.last_jobs import SymptomReader
    from azremedy.domain.resources import BackupJob, RestorePointCollection
    from azremedy.domain.sightings import SeenCollection, SeenItem, SeenSubscription
    from azremedy.ids import ResourceId

MOST_JOB_READS = 100
"""Jobs of one subscription that are read by themselves: its vaults answer some 150 such reads an
hour, and a repair needs some of them (recorded Azure traffic, 2021-2023)."""

_TOO_MANY = f"not read: a scan reads at most {MOST_JOB_READS} jobs of a subscription by themselves"


def complete(
    reader: Reader,
    seen: SeenSubscription,
    *,
    symptoms: SymptomReader,
    points: CountPoints,
) -> SeenSubscription:
    """Read jobs and codes that are missing, and count points.

    Args:
        reader: the subscription's.
        seen: what was seen of it so far.
        symptoms: names codes.
        points: whose restore points are counted.

    Raises:
        SignInError: nobody can go on without signing in.
    """
    items = tuple(_with_jobs(reader, item) if lacks_jobs(item) else item for item in seen.items)
    items = _with_codes(reader, items, symptoms)
    told = replace(seen, items=items)
    return _with_points(reader, told, symptoms=symptoms, points=points)


def _with_jobs(reader: Reader, seen: SeenItem) -> SeenItem:
    """Look the failure that an item tells of up in its vault: Resource Graph may be late."""
    jobs = lists.list_recent_jobs(reader, seen.item.vault_id)
    if not jobs.complete:
        return replace(seen, gaps=(*seen.gaps, *jobs.gaps))
    return replace(seen, history=tell_history(jobs.values, seen.item))


def _with_codes(
    reader: Reader, items: tuple[SeenItem, ...], symptoms: SymptomReader
) -> tuple[SeenItem, ...]:
    """Read jobs that failed without a code, each by itself: lists leave the codes out."""
    bare = [at for at, item in enumerate(items) if lacks_code(item, symptoms)]
    found = list(items)
    with ThreadPoolExecutor(WORKERS) as pool:
        read = pool.map(lambda at: _with_code(reader, items[at]), bare[:MOST_JOB_READS])
        for at, item in zip(bare, read, strict=False):
            found[at] = item
    for at in bare[MOST_JOB_READS:]:
        gap = Unreadable(
            source=str(items[at].item.id), why=f"the code of its failure was {_TOO_MANY}"
        )
        found[at] = replace(items[at], gaps=(*items[at].gaps, gap))
    return tuple(found)


def _with_code(reader: Reader, seen: SeenItem) -> SeenItem:
    job = find_newest(seen)
    if job is None or seen.history is None:
        return seen
    fact: Observation[BackupJob] = reader.observe(
        job.id, lambda: reader.gateways.backup.get_job(job.id.parent, job.id.name)
    )
    if isinstance(fact, Unreadable):
        return replace(seen, gaps=(*seen.gaps, fact))
    if isinstance(fact, Absent):
        return seen
    return replace(seen, history=replace(seen.history, last=fact.value))


def _with_points(
    reader: Reader, seen: SeenSubscription, *, symptoms: SymptomReader, points: CountPoints
) -> SeenSubscription:
    if points is CountPoints.NONE:
        return seen
    view, causes = LockView(seen.locks.values), _list_causes(seen, symptoms)
    wanted = [
        each
        for each in seen.collections
        if points is CountPoints.ALL
        or needs_points(each, locks=view, cause=causes.get(each.source_id), reader=symptoms)
    ]
    with ThreadPoolExecutor(WORKERS) as pool:
        facts = dict(
            zip(
                (each.id for each in wanted),
                pool.map(lambda each: _look(reader, each), wanted),
                strict=True,
            )
        )
    counted = (_count(each, facts.get(each.id)) for each in seen.collections)
    gaps = tuple(fact for fact in facts.values() if isinstance(fact, Unreadable))
    return replace(
        seen,
        collections=tuple(each for each in counted if each is not None),
        gaps=(*seen.gaps, *gaps),
    )


def _list_causes(seen: SeenSubscription, symptoms: SymptomReader) -> dict[ResourceId, str]:
    """Give the code of each VM that fails."""
    found: dict[ResourceId, str] = {}
    for item in seen.items:
        last = tell_last(item, symptoms)
        if item.vm_id is not None and last is not None and Risk.FAILING in find_risks(item):
            found[item.vm_id] = last.code
    return found


def _look(reader: Reader, seen: SeenCollection) -> Observation[RestorePointCollection]:
    return reader.observe(seen.id, lambda: reader.gateways.compute.get_collection(seen.id))


def _count(
    seen: SeenCollection, fact: Observation[RestorePointCollection] | None
) -> SeenCollection | None:
    """Note the points; a collection that has gone meanwhile is none."""
    if fact is None or isinstance(fact, Unreadable):
        return seen
    if isinstance(fact, Absent):
        return None
    points = fact.value.restore_points or ()
    ours = sum(1 for point in points if restore_point_time(point.name) is not None)
    return replace(seen, points=ours)
