"""Can a VM reach Azure Storage, and what would open the way? Each file holds a network and both."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from azremedy.domain.evidence import UNREAD, Absent, Observation, Observed, Unreadable
from azremedy.domain.network import NetworkFacts, is_same_rule, make_storage_rule
from azremedy.domain.planner.network import StorageOptions, plan_allow_storage
from azremedy.domain.reach import describe_denial, describe_way, find_reach, find_rule_ahead
from azremedy.domain.steps import AddSecurityRule
from azremedy.domain.worlds import VmEvidence

if TYPE_CHECKING:
    from azremedy.domain.planner.assemble import Section
    from tests.domain.conftest import ReadCase, ShowPlan

CASES = Path(__file__).resolve().parents[1] / "cases" / "network"


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkCase:
    """A VM's network, what the caller wants, what is in the way, and the plan."""

    about: str
    """What the case shows."""
    evidence: VmEvidence
    """The VM and the locks."""
    expected: dict[str, list[str]]
    """The way, what denies, and the plan's parts in short; parts that are empty are left out."""
    facts: NetworkFacts | None = None
    """The network."""
    unseen: Absent | Unreadable | None = None
    """Why there is none."""
    options: StorageOptions = field(default_factory=StorageOptions)
    """What the caller wants and allows."""

    @property
    def network(self) -> Observation[NetworkFacts]:
        """What was read of the network."""
        if self.facts is not None:
            return Observed(value=self.facts, source="")
        return self.unseen or UNREAD


def show_reach(facts: NetworkFacts, ports: tuple[str, ...]) -> dict[str, list[str]]:
    """Tell what is in the way."""
    reach = find_reach(facts, ports)
    way = reach.way.value if reach.passable else f"{reach.way}: {describe_way(reach, facts)}"
    return {"way": [way], "denials": [describe_denial(denial) for denial in reach.denials]}


def show_rules(section: Section) -> list[str]:
    """Tell what the rules of a plan say."""
    steps = (draft.step for draft in section.drafts if isinstance(draft.step, AddSecurityRule))
    return [f"{step.priority} {step.destination} {','.join(step.ports)}" for step in steps]


@pytest.mark.parametrize("path", sorted(CASES.glob("*.yaml")), ids=lambda path: path.stem)
def test_network_case(path: Path, read_case: ReadCase, show_plan: ShowPlan) -> None:
    """What is in the way, and the plan that opens it, are what the file says."""
    case = read_case(path, NetworkCase)
    section = plan_allow_storage(case.evidence, case.network, case.options)
    shown = show_reach(case.facts, case.options.ports) if case.facts else {}
    shown |= {"rules": show_rules(section), **show_plan(section)}

    assert case.expected == {part: lines for part, lines in shown.items() if lines}


@pytest.mark.parametrize("path", sorted(CASES.glob("*.yaml")), ids=lambda path: path.stem)
def test_planned_rules_open_what_denied(path: Path, read_case: ReadCase) -> None:
    """With the rules of a plan in their groups nothing denies any more, at the ports asked for."""
    case = read_case(path, NetworkCase)
    section = plan_allow_storage(case.evidence, case.network, case.options)
    if case.facts is None:
        assert section.drafts == ()
        return
    refused = [each for each in section.verdicts if each.guard == "no-free-priority"]

    opened = carry_out(case.facts, section)

    denials = find_reach(opened, case.options.ports).denials
    assert {each.subject for each in refused} == {str(denial.group_id) for denial in denials}


def carry_out(facts: NetworkFacts, section: Section) -> NetworkFacts:
    """Put a plan's rules into the groups that they are for."""
    steps = [draft.step for draft in section.drafts if isinstance(draft.step, AddSecurityRule)]
    for step in steps:
        rule = make_storage_rule(
            step.rule_id.name, step.priority, destination=step.destination, ports=step.ports
        )
        for name in ("interface_group", "subnet_group"):
            group = getattr(facts, name)
            if group is not None and group.id == step.rule_id.parent:
                assert find_rule_ahead(group, rule) is None
                facts = replace(facts, **{name: replace(group, rules=(*group.rules, rule))})
    return facts


def test_rules_are_compared_by_what_they_mean() -> None:
    """Case and order do not count; every value that decides does."""
    rule = make_storage_rule("a", 100, destination="Storage.westeurope", ports=("443", "8443"))
    same = make_storage_rule("A", 100, destination="storage.WestEurope", ports=("8443", "443"))
    others = (
        make_storage_rule("b", 100, destination="Storage.westeurope", ports=("443", "8443")),
        make_storage_rule("a", 101, destination="Storage.westeurope", ports=("443", "8443")),
        make_storage_rule("a", 100, destination="Storage", ports=("443", "8443")),
        make_storage_rule("a", 100, destination="Storage.westeurope", ports=("443",)),
    )

    assert is_same_rule(rule, same)
    assert [False] * len(others) == [is_same_rule(rule, other) for other in others]
