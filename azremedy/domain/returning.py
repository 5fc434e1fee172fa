"""What a plan only lends: locks that it takes off and VMs that it shuts down for a while.

Whoever lends gives back, whatever the ending.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain.steps import CreateLock, DeallocateVm, DeleteLock, StartVm

if TYPE_CHECKING:
    from collections.abc import Collection

    from azremedy.domain.plan import Plan, PlannedStep, TargetPlan


def find_returns(plan: Plan) -> dict[int, PlannedStep]:
    """Find what gives back what a step lends, by the lending step's number.

    A lock comes back among the plan's restores, or at once when the steps that need it off are
    done; a VM is started by the step after the one that shuts it down.
    """
    locks = {p.step.lock.id: p for p in plan.steps if isinstance(p.step, CreateLock)}
    returns = {
        planned.number: locks[planned.step.lock.id]
        for planned in plan.steps
        if isinstance(planned.step, DeleteLock)
        and planned.step.leased
        and planned.step.lock.id in locks
    }
    for target in plan.targets:
        returns |= _find_starts(target)
    return returns


def _find_starts(target: TargetPlan) -> dict[int, PlannedStep]:
    """Find the start of a VM that the same target shuts down before."""
    found: dict[int, PlannedStep] = {}
    for start in (p for p in target.steps if isinstance(p.step, StartVm)):
        for planned in target.steps:
            same = planned.step.target == start.step.target
            if isinstance(planned.step, DeallocateVm) and same and planned.number < start.number:
                found[planned.number] = start
    return found


def find_lent_again(plan: Plan, over: Collection[int]) -> frozenset[int]:
    """Find the steps that are over and are taken once more, because work is left that needs it.

    A lock that is off is looked at, too: somebody may have put it back meanwhile.

    Args:
        plan: what is carried out.
        over: the numbers of the steps that need nothing more for their own sake.
    """
    left = [p.number for target in plan.targets for p in target.steps if p.number not in over]
    ends = {planned.number for planned in plan.restores}
    again: set[int] = set()
    for lender, back in find_returns(plan).items():
        # What comes back at the end is lent to all targets, else to the steps in between.
        needed = left if back.number in ends else [n for n in left if lender <= n < back.number]
        if needed and (back.number in over or isinstance(back.step, CreateLock)):
            again |= {lender, back.number}
    return frozenset(again.intersection(over))


def list_lent(plan: Plan, over: Collection[int]) -> frozenset[int]:
    """List the steps that lent something which was given back, and all that give back.

    Args:
        plan: what was carried out.
        over: the numbers of the steps that need nothing more.
    """
    returns = find_returns(plan)
    returned = (lender for lender, back in returns.items() if back.number in over)
    return frozenset((*returned, *(back.number for back in returns.values())))
