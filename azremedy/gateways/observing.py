"""Turn one read into a fact with its time and request id, or into the reason why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from azremedy.domain.evidence import Absent, Observed, Reading, Receipt, Unreadable
from azremedy.errors import AzremedyError, NotFoundError, PermissionDeniedError, SignInError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from azremedy.domain.evidence import Observation
    from azremedy.gateways.policies import Trace

FactT = TypeVar("FactT")


def observe(
    trace: Trace, source: object, read: Callable[[], FactT]
) -> Observed[FactT] | Absent | Unreadable:
    """Read one fact; Azure's 404 makes it absent, other failures make it unreadable.

    Args:
        trace: the session's.
        source: the resource that is read.
        read: one call of a gateway.

    Raises:
        SignInError: nobody can go on without signing in.
    """
    trace.forget()
    try:
        value = read()
    except SignInError:
        raise
    except NotFoundError:
        seen = trace.last
        return Absent(
            source=str(source),
            at=seen.at if seen else None,
            request_id=seen.request_id if seen else None,
        )
    except AzremedyError as error:
        return explain(source, error)
    seen = trace.last
    return Observed(
        value=value,
        source=str(source),
        at=seen.at if seen else None,
        request_id=seen.request_id if seen else None,
    )


def explain(source: object, error: AzremedyError) -> Unreadable:
    """Say why a fact could not be read."""
    action = error.action if isinstance(error, PermissionDeniedError) else None
    why = f"missing permission {action}" if action else error.summary
    return Unreadable(source=str(source), why=why, answer=error.answer, action=action)


def as_reading(facts: Iterable[Observation[FactT]]) -> Reading[FactT]:
    """Put facts together into a list; absent ones are left out, with their receipt."""
    values: list[FactT] = []
    gaps: list[Unreadable] = []
    receipts: list[Receipt] = []
    for fact in facts:
        if isinstance(fact, Unreadable):
            gaps.append(fact)
            continue
        if isinstance(fact, Observed):
            values.append(fact.value)
        if fact.at is not None:
            receipts.append(Receipt(source=fact.source, at=fact.at, request_id=fact.request_id))
    return Reading(values=tuple(values), gaps=tuple(gaps), receipts=tuple(receipts))
