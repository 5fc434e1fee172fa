"""Join the rows of two queries, as far as Resource Graph lets.

`join kind=leftouter (table | ...) on column, $left.a == $right.b`; the kinds `inner`, `innerunique`
and `leftouter`. A column of the right side whose name the left has too gets a `1` behind its name.
At most three joins stand in a query. One of them may be between different tables, or all three
when they are between `resources` and `resourcecontainers`.
Source: learn.microsoft.com/azure/governance/resource-graph/concepts/query-language (2024-03-20).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from azremedy.sandbox import kql_values
from azremedy.sandbox.kql_values import Cursor, KqlError, Row, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

_KINDS = {"inner", "innerunique", "leftouter"}
_MOST = 3
_CLOSE = {"resources", "resourcecontainers"}


@dataclass(slots=True)
class Allowance:
    """How many joins a query has had."""

    joins: int = 0
    """All of them."""
    between_tables: int = 0
    """Those between different tables."""
    all_close: bool = True
    """Whether all of the latter are between the two tables that may be joined more often."""

    def spend(self, left: str, right: str) -> None:
        """Count a join of two tables.

        Raises:
            KqlError: when it is one too many.
        """
        self.joins += 1
        if left != right:
            self.between_tables += 1
            self.all_close = self.all_close and {left, right} <= _CLOSE
        if self.joins > _MOST or (self.between_tables > 1 and not self.all_close):
            raise KqlError("the query has more joins than are allowed")


def read_kind(cursor: Cursor) -> str:
    """Read `kind=...`; Kusto's own default when it is not said.

    Raises:
        KqlError: for a kind that is not known here.
    """
    if not cursor.skip("kind"):
        return "innerunique"
    cursor.expect("=")
    kind = cursor.next().lower()
    if kind not in _KINDS:
        raise KqlError(f"the join kind '{kind}' is not known to the sandbox")
    return kind


def read_keys(cursor: Cursor) -> tuple[tuple[Value, Value], ...]:
    """Read what must be equal: pairs of a value of the left side and one of the right side.

    Raises:
        KqlError: when no `on` follows, or a condition that is no equality of the two sides.
    """
    cursor.expect("on")
    keys = [_read_key(cursor)]
    while cursor.skip(","):
        keys.append(_read_key(cursor))
    return tuple(keys)


def _read_key(cursor: Cursor) -> tuple[Value, Value]:
    if cursor.peek() not in {"$left", "$right"}:
        value = kql_values.value(cursor)
        return value, value
    first = _read_side(cursor)
    cursor.expect("==")
    both = dict((first, _read_side(cursor)))
    if set(both) != {"$left", "$right"}:
        raise KqlError("a join compares its left side with its right side")
    return both["$left"], both["$right"]


def _read_side(cursor: Cursor) -> tuple[str, Value]:
    side = cursor.next()
    cursor.expect(".")
    return side, kql_values.value(cursor)


def join(
    left: Sequence[Row], right: Sequence[Row], *, keys: tuple[tuple[Value, Value], ...], kind: str
) -> tuple[Row, ...]:
    """Put rows together whose keys are equal; nothing equals what is not there."""
    if kind == "innerunique":
        left = _first_of_each(left, keys)
    partners: dict[Any, list[Row]] = {}
    for row in right:
        partners.setdefault(_key(row, keys, side=1), []).append(row)
    columns = dict.fromkeys(name for row in right for name in row)
    found: list[Row] = []
    for row in left:
        key = _key(row, keys, side=0)
        matches = partners.get(key, []) if None not in key else []
        if not matches and kind == "leftouter":
            matches = [dict.fromkeys(columns)]
        found.extend(_together(row, match) for match in matches)
    return tuple(found)


def _first_of_each(rows: Sequence[Row], keys: tuple[tuple[Value, Value], ...]) -> tuple[Row, ...]:
    found: dict[Any, Row] = {}
    for row in rows:
        found.setdefault(_key(row, keys, side=0), row)
    return tuple(found.values())


def _key(row: Row, keys: tuple[tuple[Value, Value], ...], *, side: int) -> tuple[Any, ...]:
    return tuple(pair[side](row) for pair in keys)


def _together(left: Row, right: Row) -> Row:
    renamed = {f"{name}1" if name in left else name: value for name, value in right.items()}
    return {**left, **renamed}
