"""The timeline is drawn from the journal alone, also where a process died on the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from azremedy.api.reporting import find_spans
from azremedy.domain.run import StepResult, StepState
from azremedy.engine.journal import EntryKind, JournalEntry
from azremedy.report.html.axis import make_axis
from azremedy.report.html.locks_by_scope import make_ledger
from azremedy.report.html.timeline import draw_timeline
from azremedy.report.material import Span
from tests.support.report_materials import make_fleet

if TYPE_CHECKING:
    from azremedy.report.material import Material

START = datetime(2026, 11, 20, 8, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """Give a time after the start."""
    return START + timedelta(seconds=seconds)


def entry(kind: EntryKind, seconds: float, state: StepState | None = None) -> JournalEntry:
    """Write an entry about step 1."""
    result = StepResult(number=1, state=state, started_at=at(seconds - 1)) if state else None
    return JournalEntry(entry=kind, at=at(seconds), number=1, result=result)


def test_attempt_runs_from_intent_to_outcome() -> None:
    """Intent, acceptance and outcome make one span."""
    entries = [
        JournalEntry(entry=EntryKind.RESUMED, at=at(0)),
        entry(EntryKind.INTENT, 1),
        entry(EntryKind.ACCEPTED, 2),
        entry(EntryKind.OUTCOME, 9, StepState.DONE),
    ]

    assert (
        Span(number=1, began=at(1), accepted=at(2), ended=at(9), state=StepState.DONE),
    ) == find_spans(entries)


def test_each_intent_is_an_attempt_of_its_own() -> None:
    """What failed and was tried again is drawn twice."""
    entries = [
        entry(EntryKind.INTENT, 1),
        entry(EntryKind.OUTCOME, 2, StepState.FAILED),
        entry(EntryKind.INTENT, 60),
    ]

    assert (
        Span(number=1, began=at(1), ended=at(2), state=StepState.FAILED),
        Span(number=1, began=at(60)),
    ) == find_spans(entries)


def test_outcome_without_an_intent_has_its_own_beginning() -> None:
    """What was done already was only looked at; also after an attempt that has ended."""
    entries = [
        entry(EntryKind.OUTCOME, 5, StepState.ALREADY),
        entry(EntryKind.OUTCOME, 50, StepState.ALREADY),
    ]

    assert [(at(4), at(5)), (at(49), at(50))] == [
        (span.began, span.ended) for span in find_spans(entries)
    ]


def test_axis_counts_from_the_beginning() -> None:
    """Even times, the first at the left."""
    axis = make_axis([(at(0), at(60))], width=600)

    assert ["0 s", "+10 s", "+20 s", "+30 s", "+40 s", "+50 s", "+1 min"] == [
        tick.text for tick in axis.ticks
    ]
    assert (0.0, 300.0, 600.0) == (axis.place(at(-5)), axis.place(at(30)), axis.place(at(99)))
    assert () == axis.cuts


def test_axis_of_a_moment_has_a_mark() -> None:
    """A run that took no time is drawn too."""
    assert ["0 s"] == [tick.text for tick in make_axis([(at(0), at(0))], width=600).ticks]


def test_long_rest_is_cut_short() -> None:
    """A run that was taken up the next day shows its work, and how long nobody worked."""
    axis = make_axis([(at(0), at(60)), (at(90_000), at(90_060)), (at(30), at(70))], width=600)

    assert ["1 d"] == [cut.text for cut in axis.cuts]
    assert ["08:00:00", "09:00:00"] == [tick.text for tick in axis.ticks]
    assert 600.0 == axis.place(at(90_060))


def test_lanes_have_the_run_s_own_times(fixed: Material) -> None:
    """A lane for each step, with what was asked, worked on and waited for."""
    drawn = draw_timeline(fixed, make_ledger(fixed.plan))

    assert drawn is not None
    assert "4 min" == drawn.took
    assert ["work good"] * 4 + ["wait good"] == [lane.bars[-1].look for lane in drawn.lanes]
    span = next(each for each in fixed.spans if each.number == 1)
    assert f"{span.began:%H:%M:%S} to {span.ended:%H:%M:%S}" == drawn.lanes[0].told
    assert all(bar.width >= 3 for lane in drawn.lanes for bar in lane.bars)


def test_request_on_its_way_is_told_from_the_work(fixed: Material) -> None:
    """Until Azure had taken it, and from then on."""
    span = Span(number=1, began=at(0), accepted=at(4), ended=at(9), state=StepState.DONE)
    drawn = draw_timeline(replace(fixed, spans=(span,)), make_ledger(fixed.plan))

    assert drawn is not None
    assert ["ask good", "work good"] == [bar.look for bar in drawn.lanes[0].bars]


def test_outcome_that_nobody_saw_is_alarming(fixed: Material) -> None:
    """The bar reaches to the end of the record."""
    material = replace(fixed, spans=(Span(number=1, began=at(0)),), ended=at(30))
    drawn = draw_timeline(material, make_ledger(fixed.plan))

    assert drawn is not None
    assert [("work bad", 620.0)] == [(bar.look, bar.width) for bar in drawn.lanes[0].bars]


def test_lent_locks_have_lanes(left_off: Material) -> None:
    """For how long a lock was off, or has been since."""
    ledger = make_ledger(left_off.plan)
    off = draw_timeline(left_off, ledger)
    spans = tuple(
        replace(span, state=StepState.DONE) if span.number == 5 else span for span in left_off.spans
    )
    back = draw_timeline(replace(left_off, locks_off=(), spans=spans), ledger)

    assert off is not None
    assert back is not None
    assert ("Lock landing-zone is STILL OFF", "lease bad") == (
        off.lanes[-1].label,
        off.lanes[-1].bars[0].look,
    )
    assert ("Lock landing-zone was off", "lease warn") == (
        back.lanes[-1].label,
        back.lanes[-1].bars[0].look,
    )


def test_nothing_begun_has_no_timeline(planned: Material) -> None:
    """A plan has no times."""
    assert draw_timeline(planned, make_ledger(planned.plan)) is None


def test_fleet_has_a_lane_for_each_vm(fixed: Material, failed: Material) -> None:
    """In one bar where there are many, in the worst of its tones."""
    fleet = make_fleet([fixed, failed], 4)
    ledger = make_ledger(fleet.plan)
    whole = draw_timeline(fleet, ledger, by_target=True)
    brief = draw_timeline(fleet, ledger, by_target=True, brief=True)

    assert whole is not None
    assert brief is not None
    assert ["shop-web-0001", "shop-web-0002", "shop-web-0003", "shop-web-0004"] == [
        lane.label for lane in whole.lanes
    ]
    assert [5, 3, 5, 3] == [len(lane.bars) for lane in whole.lanes]
    assert ["good", "bad", "good", "bad"] == [lane.bars[0].look.split()[1] for lane in brief.lanes]
