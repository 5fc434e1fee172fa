"""Summarize the rows of a query by groups.

Aggregates are `count()`, `countif(condition)`, `max(value)`, `min(value)`,
`maxif(value, condition)` and `arg_max(value, column, ...)`, which gives its columns as they stand
in the row with the greatest value.
Source: learn.microsoft.com/azure/governance/resource-graph/concepts/query-language (2024-03-20),
learn.microsoft.com/kusto/query/arg-max-aggregation-function (2025).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from azremedy.sandbox import kql_values
from azremedy.sandbox.kql_values import Cursor, KqlError, Row, Value

if TYPE_CHECKING:
    Columns = tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """One aggregate."""

    fold: Callable[[Sequence[Row]], Row]
    """Gives its column, or columns, of the rows of a group."""


def read(cursor: Cursor) -> tuple[Aggregate, ...]:
    """Read aggregates, with or without names of their own.

    Raises:
        KqlError: for one that is not known here.
    """
    found = [_read_one(cursor)]
    while cursor.skip(","):
        found.append(_read_one(cursor))
    return tuple(found)


def summarize(
    rows: Sequence[Row], aggregates: tuple[Aggregate, ...], *, by: Columns
) -> tuple[Row, ...]:
    """Give a row for each group; without groups one row for all, also when there is none."""
    groups: dict[str, tuple[Row, list[Row]]] = {}
    for row in rows:
        place = {name: value(row) for name, value in by}
        groups.setdefault(str(list(place.values())), (place, []))[1].append(row)
    if not by and not groups:
        groups[""] = ({}, [])
    return tuple(_summary(place, members, aggregates) for place, members in groups.values())


def _summary(place: Row, members: list[Row], aggregates: tuple[Aggregate, ...]) -> Row:
    row = dict(place)
    for aggregate in aggregates:
        row.update(aggregate.fold(members))
    return row


def _read_one(cursor: Cursor) -> Aggregate:
    given = ""
    if cursor.peek(1) == "=":
        given = cursor.next()
        cursor.next()
    kind = cursor.next().lower()
    reader = _READERS.get(kind)
    if not reader:
        raise KqlError(f"the aggregate '{kind}' is not known to the sandbox")
    cursor.expect("(")
    aggregate = reader(cursor, given)
    cursor.expect(")")
    return aggregate


def _count(_cursor: Cursor, given: str) -> Aggregate:
    name = given or "count_"
    return Aggregate(fold=lambda rows: {name: len(rows)})


def _countif(cursor: Cursor, given: str) -> Aggregate:
    holds, name = kql_values.condition(cursor), given or "countif_"
    return Aggregate(fold=lambda rows: {name: sum(1 for row in rows if holds(row))})


def _extreme(word: str, choose: Callable[..., Any]) -> Callable[[Cursor, str], Aggregate]:
    def read_extreme(cursor: Cursor, given: str) -> Aggregate:
        name = given or f"{word}_{kql_values.name_of(cursor)}"
        value = kql_values.value(cursor)
        return Aggregate(fold=lambda rows: {name: _choose(choose, map(value, rows))})

    return read_extreme


def _maxif(cursor: Cursor, given: str) -> Aggregate:
    name = given or f"maxif_{kql_values.name_of(cursor)}"
    value = kql_values.value(cursor)
    cursor.expect(",")
    holds = kql_values.condition(cursor)
    return Aggregate(
        fold=lambda rows: {name: _choose(max, (value(row) for row in rows if holds(row)))}
    )


def _choose(choose: Callable[..., Any], values: Any) -> Any:
    known = (value for value in values if value is not None)
    return choose(known, key=kql_values.rank, default=None)


def _arg_max(cursor: Cursor, given: str) -> Aggregate:
    name = given or kql_values.name_of(cursor)
    columns: list[tuple[str, Value]] = [(name, kql_values.value(cursor))]
    while cursor.skip(","):
        name = kql_values.name_of(cursor)
        columns.append((name, kql_values.value(cursor)))
    greatest = columns[0][1]

    def fold(rows: Sequence[Row]) -> Row:
        row = max(rows, key=lambda each: kql_values.rank(greatest(each)), default={})
        return {name: value(row) for name, value in columns}

    return Aggregate(fold=fold)


_READERS: dict[str, Callable[[Cursor, str], Aggregate]] = {
    "count": _count,
    "countif": _countif,
    "max": _extreme("max", max),
    "min": _extreme("min", min),
    "maxif": _maxif,
    "arg_max": _arg_max,
}
