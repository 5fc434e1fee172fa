"""May a run be taken up as it is? Whoever lends once more must be able to give back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.api.access import list_refusals
from azremedy.domain.returning import find_returns
from azremedy.domain.run import SETTLED
from azremedy.engine.handlers.base import Memory
from azremedy.engine.history import remember
from azremedy.errors import PermissionDeniedError

if TYPE_CHECKING:
    from azremedy.api.connect import Azure
    from azremedy.engine.history import Past


def find_hindrance(azure: Azure, past: Past) -> str:
    """Say why what is left of a run must not be done; empty when it may be.

    The caller's rights are read where something would be lent once more, a lock or a VM's running.
    With a hindrance and something off already, that is to go back and nothing else be done.

    Raises:
        PermissionDeniedError: there is a hindrance, and nothing is off that could go back.
        SignInError: no credential worked.
    """
    left = tuple(p for p in past.plan.steps if p.number not in past.settled)
    if not find_returns(past.plan).keys() & {planned.number for planned in left}:
        return ""
    refusals = list_refusals(azure, past.plan, left)
    if not refusals:
        return ""
    if not _is_something_off(past):
        raise PermissionDeniedError(
            f"Nothing was changed: {refusals[0].message}",
            scope=refusals[0].subject,
            advice="Take the run up with the rights that its plan was approved with, or plan anew.",
        )
    return f"left alone: {refusals[0].message}"


def _is_something_off(past: Past) -> bool:
    """Say whether the run may have left something off that it lent."""
    memory = Memory()
    remember(past, memory)
    back = (*find_returns(past.plan).values(), *past.plan.restores)
    return any(
        memory.owes(planned.step.target)
        and ((seen := past.results.get(planned.number)) is None or seen.state not in SETTLED)
        for planned in back
    )
