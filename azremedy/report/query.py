"""JMESPath over an answer, as ``az --query``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from azremedy.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azremedy.wire import JsonValue

_ADVICE = "It is a JMESPath expression, see https://jmespath.org; quote it for the shell."


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """An expression that can be right for some answer."""

    text: str
    """As it was typed."""
    parsed: Any
    """The library's expression."""

    def search(self, document: JsonValue) -> JsonValue:
        """Give what the expression finds in a document; ``None`` for nothing.

        Raises:
            UsageError: a function of the expression does not fit what is in this document.
        """
        from jmespath.exceptions import JMESPathError  # noqa: PLC0415 - only with --query

        try:
            found: JsonValue = self.parsed.search(document)
        except JMESPathError as error:
            raise self._misfit(error) from error
        return found

    def check(self, document: JsonValue) -> None:
        """Refuse the expression if it cannot fit documents of this one's structure.

        What is empty here may be there in another, so nothing that is missed counts.

        Raises:
            UsageError: a function gets what it cannot work on.
        """
        from jmespath.exceptions import JMESPathError  # noqa: PLC0415 - only with --query

        try:
            self.parsed.search(document)
        except JMESPathError as error:
            if getattr(error, "actual_type", "") != "null":
                raise self._misfit(error) from error

    def _misfit(self, error: Exception) -> UsageError:
        return UsageError(f"--query '{self.text}' does not fit: {_line(error)}", advice=_ADVICE)


def parse_query(text: str) -> Query:
    """Read an expression, and check all that can be checked without an answer.

    Raises:
        UsageError: it cannot be right for any answer: its syntax, a function that does not exist,
            or one with too many or too few arguments.
    """
    import jmespath  # noqa: PLC0415 - only with --query
    from jmespath.exceptions import JMESPathError  # noqa: PLC0415 - only with --query

    try:
        parsed = jmespath.compile(text)
    except JMESPathError as error:
        raise UsageError(
            f"--query '{text}' cannot be read: {_line(error)}", advice=_ADVICE
        ) from error
    # The library looks at the rest when it searches: after the work, which is too late to refuse.
    for node in _walk(parsed.parsed):
        _check_node(node, text)
    return Query(text=text, parsed=parsed)


def _walk(node: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(node, dict):
        return
    yield node
    for child in node["children"]:
        yield from _walk(child)


def _check_node(node: dict[str, Any], text: str) -> None:
    match node["type"]:
        case "function_expression":
            _check_call(node["value"], len(node["children"]), text)
        case "slice" if node["children"][2] == 0:
            raise UsageError(f"--query '{text}': a slice cannot have steps of 0", advice=_ADVICE)


def _check_call(name: str, given: int, text: str) -> None:
    from jmespath.functions import Functions  # noqa: PLC0415 - only with --query

    if (known := Functions.FUNCTION_TABLE.get(name)) is None:
        raise UsageError(f"--query '{text}': there is no function {name}()", advice=_ADVICE)
    wanted = known["signature"]
    many = bool(wanted) and wanted[-1].get("variadic", False)
    if given < len(wanted) or (given > len(wanted) and not many):
        raise UsageError(
            f"--query '{text}': {name}() takes {len(wanted)}{' or more' if many else ''} "
            f"arguments, not {given}",
            advice=_ADVICE,
        )


def _line(error: Exception) -> str:
    """Tell an error of the library in one line, without the value that it is about."""
    from jmespath.exceptions import JMESPathTypeError  # noqa: PLC0415 - only with --query

    if isinstance(error, JMESPathTypeError):
        wanted = " or ".join(error.expected_types)
        return f"{error.function_name}() takes {wanted}, not {error.actual_type}"
    # Its other lines point at columns of a terminal.
    return str(error).strip().partition("\n")[0].rstrip(":")
