"""Answer the small part of the Kusto Query Language that questions about resources need.

A query is a table and steps between bars: `where`, `project`, `project-away`, `extend`,
`order by` (or `sort by`), `take` (or `limit`), `count`, `distinct` and
`summarize count() by ...`. Conditions know `==`, `=~`, `!=`, `!~`, `in`, `in~`, `!in`,
`contains`, `has`, `startswith`, `endswith`, `<`, `<=`, `>`, `>=`, `and`, `or`, `not()`,
parentheses, `isempty()`, `isnotempty()`, `isnull()` and `isnotnull()`. Values are texts, numbers,
`true`, `false`, columns with their parts (`properties.a.b`, `tags['x']`), `tolower()`,
`toupper()`, `tostring()`, `split()` with an index, `datetime()` of a quoted text, `now()`
and `ago()`.
Source: learn.microsoft.com/azure/governance/resource-graph/concepts/query-language (2025).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.sandbox import kql_values
from azremedy.sandbox.kql_values import Cursor, KqlError, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    Rows = tuple[Row, ...]
    Step = Callable[[Rows], Rows]

_DEFAULT_TABLE = "resources"


def table_of(query: str) -> str:
    """Name the table of a query in lower case; Resource Graph's own default when it names none.

    Raises:
        KqlError: when the query cannot be read.
    """
    cursor = Cursor.over(query)
    word = cursor.peek()
    if word.lower() in _STEPS or word == "|" or not word:
        return _DEFAULT_TABLE
    return word.lower()


def run(query: str, rows: Sequence[Row], *, now: datetime) -> Rows:
    """Carry a query out on the rows of its table.

    Raises:
        KqlError: when the query cannot be read or says more than is known here.
    """
    cursor = Cursor.over(query, now=now)
    if cursor.peek().lower() not in _STEPS and cursor.peek() not in {"|", ""}:
        cursor.next()
        if cursor.peek():
            cursor.expect("|")
    found = tuple(rows)
    while cursor.peek():
        cursor.skip("|")
        found = _step(cursor)(found)
        if cursor.peek():
            cursor.expect("|", keep=True)
    return found


def _step(cursor: Cursor) -> Step:
    word = cursor.next().lower()
    read = _STEPS.get(word)
    if not read:
        raise KqlError(f"the operator '{word}' is not known to the sandbox")
    return read(cursor)


def _where(cursor: Cursor) -> Step:
    holds = kql_values.condition(cursor)
    return lambda rows: tuple(row for row in rows if holds(row))


def _project(cursor: Cursor) -> Step:
    columns = _columns(cursor)
    return lambda rows: tuple({name: value(row) for name, value in columns} for row in rows)


def _extend(cursor: Cursor) -> Step:
    columns = _columns(cursor)
    return lambda rows: tuple(row | {name: value(row) for name, value in columns} for row in rows)


def _project_away(cursor: Cursor) -> Step:
    away = {name for name, _ in _columns(cursor)}
    return lambda rows: tuple({k: v for k, v in row.items() if k not in away} for row in rows)


def _distinct(cursor: Cursor) -> Step:
    project = _project(cursor)
    return lambda rows: tuple({str(row): row for row in project(rows)}.values())


def _order(cursor: Cursor) -> Step:
    cursor.expect("by")
    keys: list[tuple[Callable[[Row], object], bool]] = []
    while True:
        value = kql_values.value(cursor)
        direction = cursor.next().lower() if cursor.peek().lower() in {"asc", "desc"} else "desc"
        keys.append((value, direction == "desc"))
        if not cursor.skip(","):
            break

    def ordered(rows: Rows) -> Rows:
        for value, is_falling in reversed(keys):
            rows = _sorted(rows, value, is_falling=is_falling)
        return rows

    return ordered


def _sorted(rows: Rows, value: Callable[[Row], object], *, is_falling: bool) -> Rows:
    return tuple(sorted(rows, key=lambda row: kql_values.rank(value(row)), reverse=is_falling))


def _take(cursor: Cursor) -> Step:
    number = cursor.next()
    if not (number.isascii() and number.isdigit()):
        raise KqlError(f"a number of rows was expected, not '{number}'")
    return lambda rows: rows[: int(number)]


def _count(_cursor: Cursor) -> Step:
    return lambda rows: ({"Count": len(rows)},)


def _summarize(cursor: Cursor) -> Step:
    """Read `[name =] count() [by columns]`: the only summary that is known here."""
    name = "count_"
    if cursor.peek(1) == "=":
        name = cursor.next()
        cursor.next()
    for word in ("count", "(", ")"):
        cursor.expect(word)
    columns = _columns(cursor) if cursor.skip("by") else ()

    def summed(rows: Rows) -> Rows:
        counts: dict[str, Row] = {}
        for row in rows:
            group = {column: value(row) for column, value in columns}
            entry = counts.setdefault(str(group), {**group, name: 0})
            entry[name] += 1
        return tuple(counts.values()) or (() if columns else ({name: 0},))

    return summed


def _columns(cursor: Cursor) -> tuple[tuple[str, Callable[[Row], object]], ...]:
    """Read `a, b = properties.c, tolower(d)`; a column without a name is called by its parts."""
    found: list[tuple[str, Callable[[Row], object]]] = []
    while True:
        if cursor.peek(1) == "=":
            name = cursor.next()
            cursor.next()
            found.append((name, kql_values.value(cursor)))
        else:
            name = kql_values.name_of(cursor) or f"Column{len(found) + 1}"
            found.append((name, kql_values.value(cursor)))
        if not cursor.skip(","):
            return tuple(found)


_STEPS: dict[str, Callable[[Cursor], Step]] = {
    "where": _where,
    "project": _project,
    "project-away": _project_away,
    "extend": _extend,
    "distinct": _distinct,
    "order": _order,
    "sort": _order,
    "take": _take,
    "limit": _take,
    "count": _count,
    "summarize": _summarize,
}
