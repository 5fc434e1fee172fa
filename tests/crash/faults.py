"""Let Azure, or the way to it, fail at one kind of request, and judge how the run ends."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from azremedy.api.connect import connect_app
from azremedy.domain.run import SETTLED, Run
from azremedy.domain.steps import TriggerBackup
from azremedy.sandbox import App, World
from azremedy.sandbox.recorder import Recorder
from azremedy.sandbox.scenario import Fault, FaultAnswer, Match
from tests.crash.trials import Whole, is_honest, judge_end, look_later
from tests.support.crashes import RUN, Life, find_lie, run_until, take_up
from tests.support.stages import LOCK_TYPE, SUBSCRIPTION, Stage, path_of, with_faults, writes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from azremedy.sandbox.http import Answer, Request
    from azremedy.sandbox.scenario import Scenario

_GUID = re.compile(r"(?<=/)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_HTML = "<html><body>Sign in to the guest network</body></html>"
READS = frozenset({"GET", "HEAD"})
RESUMES = 4
"""How often a run is taken up after the trouble is over."""


@dataclass(frozen=True, slots=True, order=True)
class Kind:
    """One kind of request."""

    method: str
    """The verb."""
    path: str
    """The path, with ``*`` for names that every run makes anew."""

    @property
    def match(self) -> Match:
        """Give what meets it."""
        return Match(method=self.method, path=self.path)


class CountingApp(App):
    """Counts what was really carried out, also where the answer was lost."""

    def __init__(self, world: World, recorder: Recorder | None = None) -> None:
        super().__init__(world, recorder=recorder)
        self.carried: Counter[str] = Counter()

    def _carried_out(self, request: Request) -> Answer:
        answer = super()._carried_out(request)
        if request.method == "POST" and not request.path.endswith("backupStatus"):
            self.carried[request.path.lower()] += 1
        return answer


def _answer(status: int, **facts: Any) -> Callable[[Match, int], Fault]:
    return lambda match, times: Fault(
        match=match, answer=FaultAnswer(status=status, **facts), times=times
    )


_ANYWHERE: Mapping[str, Callable[[Match, int], Fault]] = {
    "429": _answer(429, headers={"Retry-After": "20"}),
    "503": _answer(503),
    "403": _answer(403),
    "never arrives": lambda match, times: Fault(match=match, lose="request", times=times),
    "slow": lambda match, times: Fault(match=match, delay=200, times=times),
    "garbage": _answer(200, body=_HTML),
}
_AT_WRITES: Mapping[str, Callable[[Match, int], Fault]] = {
    "500": _answer(500),
    "answer lost": lambda match, times: Fault(match=match, lose="response", times=times),
    "cut off": lambda match, times: Fault(match=match, drop=True, times=times),
    "409": _answer(409),
    "412": _answer(412),
    "locked": _answer(409, code="ScopeLocked"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What goes wrong, and where."""

    name: str
    """Names it."""
    fault: Fault
    """How the sandbox does it."""


def list_troubles(whole: Whole, folder: Path, *, times: int) -> tuple[Trouble, ...]:
    """List all that can go wrong at each kind of request of a run.

    Args:
        whole: the run.
        folder: where it may run once more, to be listened to.
        times: how often in a row each goes wrong. The SDK tries what may be repeated six times.
    """
    folder.mkdir(parents=True)
    stage = _open(whole.scenario, folder)
    run_until(stage, whole.plan, Life())
    old = _list_first_answers(stage)
    found: list[Trouble] = []
    for kind in sorted({_kind_of(each) for each in stage.requests()}):
        makers = _ANYWHERE if kind.method in READS else {**_ANYWHERE, **_AT_WRITES}
        faults = {name: make(kind.match, times) for name, make in makers.items()}
        if kind in old:
            faults["stale"] = _stale(kind, old[kind])
        found.extend(
            Trouble(name=f"{name} at {kind.method} {kind.path}", fault=fault)
            for name, fault in faults.items()
        )
    return tuple(found)


def _kind_of(exchange: Any) -> Kind:
    return Kind(exchange["method"], _GUID.sub("*", path_of(exchange)))


def _list_first_answers(stage: Stage) -> dict[Kind, Any]:
    """Give the first answer to each read that was answered otherwise later."""
    answers: dict[Kind, list[Any]] = {}
    for each in stage.requests():
        if each["method"] in READS:
            answers.setdefault(_kind_of(each), []).append((each["status"], each["response_body"]))
    return {
        kind: told[0]
        for kind, told in answers.items()
        if told[0][0] == 200 and any(each != told[0] for each in told)
    }


def _stale(kind: Kind, answer: tuple[int, Any]) -> Fault:
    """Show a thing as it was at first for some reads more."""
    status, body = answer
    return Fault(match=kind.match, after=1, times=3, answer=FaultAnswer(status=status, body=body))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a run in trouble ended, and what it took to end it well."""

    fault: str
    """What is wrong; empty when nothing is."""
    exit_code: int
    """The exit code of the first process."""


def meet(whole: Whole, trouble: Trouble, folder: Path) -> Ending:
    """Carry a plan out while something goes wrong, judge its end, and take it up afterwards."""
    folder.mkdir(parents=True)
    stage = _open(with_faults(whole.scenario, trouble.fault), folder)
    run = run_until(stage, whole.plan, Life())
    assert run is not None
    fault = _judge(stage, whole, run) or _mend(stage, whole, run) or _find_repetition(stage, whole)
    return Ending(fault=f"{trouble.name}: {fault}" if fault else "", exit_code=run.exit_code)


def _open(scenario: Scenario, folder: Path) -> Stage:
    exchanges = folder / "exchanges.jsonl"
    app = CountingApp(World(scenario), Recorder(exchanges, cassette=scenario.name))
    azure = connect_app(app, SUBSCRIPTION)
    return Stage(app=app, azure=azure, exchanges=exchanges, state=folder / "journals")


def _judge(stage: Stage, whole: Whole, run: Run) -> str:
    """Say whether the run claims more than is true."""
    if run.exit_code == 0:
        if unsettled := [each.number for each in run.steps if each.state not in SETTLED]:
            return f"success without steps {unsettled}"
        return find_lie(stage) or _judge_end(whole, stage)
    if not any(each.error for each in run.steps):
        return f"exit {run.exit_code} without a reason"
    return _find_silence(stage, run)


def _judge_end(whole: Whole, stage: Stage) -> str:
    """Compare the end; a PUT that the SDK repeats for a lost answer may be one more job."""
    return judge_end(whole, {**look_later(stage), "jobs": whole.expected["jobs"]})


def _find_silence(stage: Stage, run: Run) -> str:
    """Name a lent lock that is off and not told to be; empty when there is none."""
    there = {each["id"].lower() for each in stage.documents(LOCK_TYPE)}
    told = {each.number: each.error.message for each in run.steps if each.error}
    for planned in run.plan.restores:
        if planned.step.target.key not in there and "STILL OFF" not in told.get(planned.number, ""):
            return f"nobody says that {planned.step.target} is off"
    return ""


def _mend(stage: Stage, whole: Whole, run: Run) -> str:
    """End the trouble and take the run up until all is done; say what is wrong."""
    if run.exit_code == 0:
        return ""
    well, codes = _heal(stage), [run.exit_code]
    while codes[-1] != 0 and len(codes) <= RESUMES:
        again = take_up(well)
        codes.append(again.exit_code)
    if codes[-1] != 0:
        told = [each.error.message for each in again.steps if each.error]
        return "" if is_honest(whole, again) else f"exits {codes}: {told}"
    return find_lie(well) or _judge_end(whole, well)


def _heal(stage: Stage) -> Stage:
    """Let the trouble end."""
    assert isinstance(stage.app, CountingApp)
    stage.world.scenario = replace(stage.world.scenario, faults=())
    app = CountingApp(stage.world, Recorder(stage.exchanges, cassette="healed"))
    app.carried = stage.app.carried
    return replace(stage, app=app, azure=connect_app(app, SUBSCRIPTION))


def _find_repetition(stage: Stage, whole: Whole) -> str:
    """Name what Azure was made to do too often; a step that has failed may be tried again."""
    assert isinstance(stage.app, CountingApp)
    failed = Counter(each.lower() for each in _list_failed(stage, whole))
    again = whole.repair.again or ("\n",)
    twice = [
        path
        for path, times in stage.app.carried.items()
        if times > 1 + failed[f"post {path}"] and not path.endswith(again)
    ]
    return f"carried out too often: {twice}" if twice else ""


def _list_failed(stage: Stage, whole: Whole) -> list[str]:
    """List the requests of steps that failed, one for each failure; a backup's never count."""
    steps = {planned.number: planned.step for planned in whole.plan.steps}
    journal = stage.state / "runs" / RUN / "journal.jsonl"
    entries = [json.loads(line) for line in journal.read_text().splitlines() if line]
    failed = [e["number"] for e in entries if (e.get("result") or {}).get("state") == "failed"]
    return writes_of([steps[each] for each in failed if not isinstance(steps[each], TriggerBackup)])
