"""A diagnosis for the page: its facts, and a numbered list of where they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain.findings import Basis, Certainty
from azremedy.domain.symptom import ToldBy
from azremedy.report.html.phrases import capitalize, tell_clock, tell_moment
from azremedy.report.html.view import Evidence, Fact, FindingView, Source, SymptomView
from azremedy.report.remedy_words import describe_remedy

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from azremedy.domain.findings import Diagnosis, Finding
    from azremedy.domain.symptom import Symptom
    from azremedy.ids import ResourceId


_TOLD_BY = {
    ToldBy.PERSON: "named by whoever ran azremedy",
    ToldBy.JOB: "named by the newest backup job",
    ToldBy.HEALTH: "named by the health of the protected item",
}


class _Sources:
    """Numbers sources in the order in which facts name them."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, datetime | None, str | None], int] = {}

    def cite(self, basis: Basis) -> Fact:
        """Make a fact that points to its source."""
        key = (basis.source, basis.at, basis.request_id)
        number = self._numbers.setdefault(key, len(self._numbers) + 1) if basis.source else 0
        return Fact(text=capitalize(basis.fact), source=number)

    def list(self) -> tuple[Source, ...]:
        """List the sources that were cited."""
        return tuple(
            Source(number=number, name=name, when=tell_moment(at), request_id=request_id or "")
            for (name, at, request_id), number in self._numbers.items()
        )


class _Origins:
    """Tells sources with their facts, each fact once: shorter where few facts share a source."""

    def __init__(self, vm_id: ResourceId, day: datetime) -> None:
        self._vm_id = vm_id
        self._day = day
        self._told: set[Basis] = set()

    def cite(self, basis: Basis) -> Fact:
        """Make a fact that tells its source; one that was told before is cited without it."""
        again = basis in self._told
        self._told.add(basis)
        origin = "as above" if again else self._tell(basis)
        return Fact(text=capitalize(basis.fact), source=0, origin=origin)

    def list(self) -> tuple[Source, ...]:
        """There is no list."""
        return ()

    def _tell(self, basis: Basis) -> str:
        source = basis.source
        for prefix, short in ((str(self._vm_id), "VM"), (str(self._vm_id.subscription), "")):
            if source.startswith(f"{prefix}/") or source == prefix:
                source = short + source.removeprefix(prefix)
        parts = (source, tell_clock(basis.at, self._day), basis.request_id)
        return " · ".join(part for part in parts if part)


def show_evidence(
    diagnosis: Diagnosis, *, brief: bool, told: AbstractSet[str] = frozenset()
) -> Evidence:
    """Say what a diagnosis rests on.

    Args:
        diagnosis: the diagnosis.
        brief: only count what is ruled out, or not to be told, and leave remedies out.
        told: lines that the page tells of several targets at once.
    """
    sources = _Origins(diagnosis.vm_id, diagnosis.read_at) if brief else _Sources()
    symptoms = tuple(_show_symptom(symptom, sources, brief=brief) for symptom in diagnosis.symptoms)
    confirmed = [each for each in diagnosis.findings if each.certainty is Certainty.CONFIRMED]
    others = [each for each in diagnosis.findings if each.certainty is not Certainty.CONFIRMED]
    listed = [] if brief else others
    return Evidence(
        read_at=tell_moment(diagnosis.read_at),
        symptoms=symptoms,
        confirmed=tuple(
            _show(each, sources, remedies=not brief) for each in confirmed if not each.advisory
        ),
        worth_knowing=tuple(
            _show(each, sources, remedies=not brief) for each in confirmed if each.advisory
        ),
        unsettled=_show_all(listed, Certainty.CANNOT_TELL, sources),
        ruled_out=_show_all(listed, Certainty.RULED_OUT, sources),
        brief=brief,
        recurrence=tuple(capitalize(line) for line in diagnosis.recurrence if line not in told),
        sources=sources.list(),
    )


def _show_all(
    findings: list[Finding], certainty: Certainty, sources: _Sources | _Origins
) -> tuple[FindingView, ...]:
    return tuple(_show(each, sources) for each in findings if each.certainty is certainty)


def _show(finding: Finding, sources: _Sources | _Origins, *, remedies: bool = False) -> FindingView:
    can = (f"Can be mended: {describe_remedy(remedy)}." for remedy in finding.remedies)
    settle = f"To settle it: {finding.settle}." if finding.settle else ""
    more = (finding.note, settle, *(can if remedies else ()))
    return FindingView(
        title=finding.title,
        cause=finding.cause,
        message=capitalize(finding.message),
        more=tuple(text for text in more if text),
        facts=tuple(map(sources.cite, finding.basis)),
    )


def _show_symptom(symptom: Symptom, sources: _Sources | _Origins, *, brief: bool) -> SymptomView:
    number = f" ({symptom.number})" if symptom.number else ""
    when = f" at {tell_moment(symptom.at)} UTC" if symptom.at else ""
    return SymptomView(
        code=" → ".join(symptom.codes) + number,
        told="" if brief else f"{_TOLD_BY[symptom.told_by]}{when}",
        message=symptom.message,
        source=sources.cite(Basis(fact="", source=symptom.source, at=symptom.at)),
    )
