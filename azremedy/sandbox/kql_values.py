"""Read the values and conditions of a Kusto query."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

Row: TypeAlias = dict[str, Any]
"""One row of a table."""
Value: TypeAlias = Callable[[Row], Any]
"""Gives a value of a row."""
Condition: TypeAlias = Callable[[Row], bool]
"""Tells whether a row is wanted."""

_TOKEN = re.compile(
    r"""(
        @?'(?:[^'\\]|\\.)*' | @?"(?:[^"\\]|\\.)*"        # a text
      | \d+(?:\.\d+)?(?:d|h|m|s)?\b                      # a number, a span of time
      | !in~ | !in\b | in~ | !contains | !has | !startswith | !endswith
      | project-away
      | [A-Za-z_$][\w$]*
      | =~ | !~ | == | != | <= | >= | [=<>|(),.\[\]]
    )""",
    re.VERBOSE,
)
_BLANKS = re.compile(r"\s*(?://[^\n]*\s*)*")
_SPANS = {"d": 86_400, "h": 3600, "m": 60, "s": 1}
_DEEPEST = 50


class KqlError(Exception):
    """A query that cannot be answered; the message tells where it was given up."""


@dataclass(slots=True, kw_only=True)
class Cursor:
    """Walks along the words of a query."""

    words: tuple[str, ...]
    """All words and signs."""
    now: datetime
    """What `now()` is."""
    at: int = 0
    """How many were read."""
    depth: int = 0
    """How many parentheses are open."""

    @classmethod
    def over(cls, query: str, *, now: datetime = datetime(1970, 1, 1, tzinfo=UTC)) -> Cursor:
        """Begin a query.

        Raises:
            KqlError: when it holds something that is no word of the language.
        """
        words, place = [], _past_blanks(query, 0)
        while place < len(query):
            match = _TOKEN.match(query, place)
            if not match:
                raise KqlError(f"'{query[place : place + 20]}' is not understood")
            words.append(match[1])
            place = _past_blanks(query, match.end())
        return cls(words=tuple(words), now=now)

    def peek(self, ahead: int = 0) -> str:
        """Give a word that comes, empty at the end."""
        place = self.at + ahead
        return self.words[place] if place < len(self.words) else ""

    def next(self) -> str:
        """Take the next word.

        Raises:
            KqlError: at the end.
        """
        word = self.peek()
        if not word:
            raise KqlError("the query ends too early")
        self.at += 1
        return word

    def skip(self, word: str) -> bool:
        """Take the next word if it is this one, and tell whether it was."""
        if self.peek().lower() != word:
            return False
        self.at += 1
        return True

    def expect(self, word: str, *, keep: bool = False) -> None:
        """Take the next word, which must be this one; `keep` only looks at it.

        Raises:
            KqlError: when it is another.
        """
        if self.peek().lower() != word:
            raise KqlError(f"'{word}' was expected before '{self.peek() or 'the end'}'")
        self.at += not keep


def _past_blanks(query: str, place: int) -> int:
    """Give the place behind spaces and comments."""
    match = _BLANKS.match(query, place)
    return match.end() if match else place


def condition(cursor: Cursor) -> Condition:
    """Read a condition: `or` binds least."""
    parts = [_all(cursor)]
    while cursor.skip("or"):
        parts.append(_all(cursor))
    return lambda row: any(part(row) for part in parts)


def _all(cursor: Cursor) -> Condition:
    parts = [_single(cursor)]
    while cursor.skip("and"):
        parts.append(_single(cursor))
    return lambda row: all(part(row) for part in parts)


def _single(cursor: Cursor) -> Condition:
    if cursor.peek() == "(":
        return _inside(cursor)
    if cursor.peek().lower() == "not" and cursor.peek(1) == "(":
        cursor.next()
        inner = _inside(cursor)
        return lambda row: not inner(row)
    left = value(cursor)
    if cursor.peek().lower() in _LISTS:
        return _membership(cursor, left)
    if cursor.peek().lower() not in _COMPARISONS:
        return lambda row: left(row) is True
    compare = _COMPARISONS[cursor.next().lower()]
    right = value(cursor)
    return lambda row: compare(left(row), right(row))


def _inside(cursor: Cursor) -> Condition:
    cursor.expect("(")
    cursor.depth += 1
    if cursor.depth > _DEEPEST:
        raise KqlError("too many parentheses")
    inner = condition(cursor)
    cursor.expect(")")
    cursor.depth -= 1
    return inner


def _membership(cursor: Cursor, left: Value) -> Condition:
    word = cursor.next().lower()
    cursor.expect("(")
    members = _arguments(cursor)
    same = _same_text if word.endswith("~") else _equal

    def holds(row: Row) -> bool:
        return any(same(left(row), member(row)) for member in members)

    return (lambda row: not holds(row)) if word.startswith("!") else holds


def value(cursor: Cursor) -> Value:
    """Read a value.

    Raises:
        KqlError: when none stands here.
    """
    word = cursor.next()
    if word[0] in "'\"@":
        text = re.sub(r"\\(.)", r"\1", word.lstrip("@")[1:-1])
        return lambda _row: text
    if word[0].isdigit():
        return _number(word)
    if word.lower() in {"true", "false"}:
        return lambda _row: word.lower() == "true"
    if not re.match(r"[A-Za-z_$]", word):
        raise KqlError(f"a value was expected before '{word}'")
    if cursor.skip("("):
        return _parts(cursor, _call(cursor, word.lower()))
    return _parts(cursor, lambda row: row.get(_column(row, word)))


def name_of(cursor: Cursor) -> str:
    """Give the name that Kusto gives the column which comes, without reading it.

    `properties.a.b` is called `properties_a_b`; a function has no name.
    """
    if cursor.peek(1) == "(" or not re.match(r"[A-Za-z_]", cursor.peek()):
        return ""
    words, ahead = [cursor.peek()], 1
    while cursor.peek(ahead) in {".", "["}:
        words.append(cursor.peek(ahead + 1).strip("'\""))
        ahead += 2 if cursor.peek(ahead) == "." else 3
    return "_".join(words)


def rank(found: Any) -> tuple[int, float, str]:
    """Order values of any sort: nothing first, then numbers, then texts."""
    if found is None:
        return (0, 0.0, "")
    if isinstance(found, int | float):
        return (1, float(found), "")
    return (2, 0.0, str(found))


def _number(word: str) -> Value:
    if word[-1] in _SPANS:
        span = timedelta(seconds=float(word[:-1]) * _SPANS[word[-1]])
        return lambda _row: span
    number = float(word) if "." in word else int(word[:18])
    return lambda _row: number


def _parts(cursor: Cursor, whole: Value) -> Value:
    """Read what follows a value: `.name`, `['name']` or `[0]`."""
    while cursor.peek() in {".", "["}:
        if cursor.next() == ".":
            whole = _part(whole, cursor.next())
            continue
        whole = _part(whole, cursor.next().strip("'\""))
        cursor.expect("]")
    return whole


def _part(whole: Value, name: str) -> Value:
    def part(row: Row) -> Any:
        found = whole(row)
        if isinstance(found, dict):
            return found.get(_column(found, name))
        is_place = isinstance(found, list) and name.isascii() and name.isdigit()
        return found[int(name)] if is_place and int(name) < len(found) else None

    return part


def _column(row: Row, name: str) -> str:
    """Find a name as it is written, else without regard to case."""
    if name in row:
        return name
    return next((key for key in row if key.lower() == name.lower()), name)


def _arguments(cursor: Cursor) -> tuple[Value, ...]:
    found: list[Value] = []
    while not cursor.skip(")"):
        found.append(value(cursor))
        if cursor.peek() != ")":
            cursor.expect(",")
    return tuple(found)


def _call(cursor: Cursor, name: str) -> Value:
    if name == "iff":
        return _choice(cursor)
    arguments = _arguments(cursor)
    if name == "now" and not arguments:
        return lambda _row: _text(cursor.now)
    if name == "ago" and len(arguments) == 1:
        return lambda row: _ago(cursor.now, arguments[0](row))
    if name == "strcat" and arguments:
        return lambda row: "".join(_text(argument(row)) for argument in arguments)
    wanted = _ARGUMENTS.get(name, 1)
    function = _FUNCTIONS.get(name)
    if not function or len(arguments) != wanted:
        raise KqlError(f"{name}() with {len(arguments)} arguments is not known to the sandbox")
    if wanted == 1:
        (only,) = arguments
        return lambda row: function(only(row))
    return lambda row: function(*(argument(row) for argument in arguments))


def _choice(cursor: Cursor) -> Value:
    """Read `condition, value, value)`."""
    holds = condition(cursor)
    cursor.expect(",")
    then = value(cursor)
    cursor.expect(",")
    otherwise = value(cursor)
    cursor.expect(")")
    return lambda row: then(row) if holds(row) else otherwise(row)


def _moment(found: Any) -> str | None:
    """Write a time so that texts compare as times do; what is none is nothing."""
    try:
        time = datetime.fromisoformat(_text(found))
    except ValueError:
        return None
    return _text(time.replace(tzinfo=time.tzinfo or UTC).astimezone(UTC))


def _ago(now: datetime, span: Any) -> str:
    try:
        return _text(now - span)
    except (TypeError, OverflowError) as error:
        raise KqlError("ago() takes a span of time such as 1d") from error


def _text(found: Any) -> str:
    if isinstance(found, datetime):
        return found.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return "" if found is None else str(found)


def _equal(left: Any, right: Any) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return str(left).lower() == str(right).lower()
    return bool(left == right)


def _same_text(left: Any, right: Any) -> bool:
    return _text(left).lower() == _text(right).lower()


def _has(left: Any, right: Any) -> bool:
    words = re.findall(r"[a-z0-9]+", _text(left).lower())
    wanted = re.findall(r"[a-z0-9]+", _text(right).lower())
    spans = (words[at : at + len(wanted)] for at in range(len(words) - len(wanted) + 1))
    return any(span == wanted for span in spans)


def _contains(left: Any, right: Any) -> bool:
    return _text(right).lower() in _text(left).lower()


def _starts(left: Any, right: Any) -> bool:
    return _text(left).lower().startswith(_text(right).lower())


def _ends(left: Any, right: Any) -> bool:
    return _text(left).lower().endswith(_text(right).lower())


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "=~": _same_text,
    "!~": lambda left, right: not _same_text(left, right),
    "contains": _contains,
    "!contains": lambda left, right: not _contains(left, right),
    "has": _has,
    "!has": lambda left, right: not _has(left, right),
    "startswith": _starts,
    "!startswith": lambda left, right: not _starts(left, right),
    "endswith": _ends,
    "!endswith": lambda left, right: not _ends(left, right),
    "<": lambda left, right: left is not None and rank(left) < rank(right),
    "<=": lambda left, right: left is not None and rank(left) <= rank(right),
    ">": lambda left, right: left is not None and rank(left) > rank(right),
    ">=": lambda left, right: left is not None and rank(left) >= rank(right),
}
_LISTS = frozenset({"in", "in~", "!in", "!in~"})
_ARGUMENTS = {"split": 2}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "tolower": lambda found: _text(found).lower(),
    "toupper": lambda found: _text(found).upper(),
    "tostring": _text,
    "toint": lambda found: int(found) if _text(found).lstrip("-").isdecimal() else None,
    "todatetime": _moment,
    "datetime": _moment,
    "array_length": lambda found: len(found) if isinstance(found, list) else None,
    "isempty": lambda found: _text(found) == "",
    "isnotempty": lambda found: _text(found) != "",
    "isnull": lambda found: found is None,
    "isnotnull": lambda found: found is not None,
    "split": lambda found, by: _text(found).split(_text(by)) if _text(by) else [_text(found)],
}
