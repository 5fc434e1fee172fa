"""Answer the small part of the Kusto Query Language that questions about resources need.

A query is a table and steps between bars: `where`, `project`, `project-away`, `extend`,
`order by` (or `sort by`), `take` (or `limit`), `count`, `distinct`, `join` (see `kql_joins`) and
`summarize` (see `kql_summaries`). Conditions know `==`, `=~`, `!=`, `!~`, `in`, `in~`, `!in`,
`contains`, `has`, `startswith`, `endswith`, `<`, `<=`, `>`, `>=`, `and`, `or`, `not()`,
parentheses, `isempty()`, `isnotempty()`, `isnull()` and `isnotnull()`. Values are texts, numbers,
`true`, `false`, columns with their parts (`properties.a.b`, `tags['x']`), `tolower()`,
`toupper()`, `tostring()`, `toint()`, `strcat()`, `iff()`, `array_length()`, `split()` with an
index, `datetime()` of a quoted text, `todatetime()`, `now()` and `ago()`.
Source: learn.microsoft.com/azure/governance/resource-graph/concepts/query-language (2025).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.sandbox import kql_joins, kql_summaries, kql_values
from azremedy.sandbox.kql_values import Cursor, KqlError, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    Rows = tuple[Row, ...]
    Step = Callable[[Rows], Rows]

_DEFAULT_TABLE = "resources"


def run(query: str, rows_of: Callable[[str, str], Iterable[Row]], *, now: datetime) -> Rows:
    """Carry a query out.

    Args:
        query: the question.
        rows_of: gives the rows of a table, by its name in lower case, or only those of a type, in
            lower case too, where the question looks at no others; empty for all.
        now: what `now()` is.

    Raises:
        KqlError: when the query cannot be read or says more than is known here.
    """
    cursor = Cursor.over(query, now=now)
    rows = _pipeline(cursor, rows_of, joins=kql_joins.Allowance())
    if cursor.peek():
        cursor.expect("|")
    return rows


def _pipeline(
    cursor: Cursor, rows_of: Callable[[str, str], Iterable[Row]], *, joins: kql_joins.Allowance
) -> Rows:
    """Carry a table and its steps out, up to the end or to a parenthesis that closes."""
    table = _table(cursor)
    found = tuple(rows_of(table, _only_type(cursor)))
    while cursor.peek() not in {"", ")"}:
        cursor.skip("|")
        if cursor.skip("join"):
            found = _joined(cursor, found, table=table, rows_of=rows_of, joins=joins)
        else:
            found = _step(cursor)(found)
        if cursor.peek() not in {"", ")"}:
            cursor.expect("|", keep=True)
    return found


def _table(cursor: Cursor) -> str:
    """Read the table's name; Resource Graph's own default when there is none."""
    word = cursor.peek().lower()
    if word in _STEPS or word in {"", "|"}:
        return _DEFAULT_TABLE
    cursor.next()
    if cursor.peek() not in {"", ")"}:
        cursor.expect("|", keep=True)
    return word


def _only_type(cursor: Cursor) -> str:
    """Say which type alone a question is about, by its first condition; empty when it may be more.

    A table of a large world is long, and its types are its index.
    """
    words = [cursor.peek(ahead).lower() for ahead in range(6)]
    if words[:3] != ["|", "where", "type"] or words[3] not in {"=~", "=="}:
        return ""
    return words[4].strip("'\"") if words[5] in {"", "|", ")", "and"} else ""


def _joined(
    cursor: Cursor,
    left: Rows,
    *,
    table: str,
    rows_of: Callable[[str, str], Iterable[Row]],
    joins: kql_joins.Allowance,
) -> Rows:
    kind = kql_joins.read_kind(cursor)
    cursor.expect("(")
    joins.spend(table, cursor.peek().lower())
    right = _pipeline(cursor, rows_of, joins=joins)
    cursor.expect(")")
    return kql_joins.join(left, right, keys=kql_joins.read_keys(cursor), kind=kind)


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
    """Read aggregates and, after `by`, the columns of the groups."""
    aggregates = kql_summaries.read(cursor)
    columns = _columns(cursor) if cursor.skip("by") else ()
    return lambda rows: kql_summaries.summarize(rows, aggregates, by=columns)


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
