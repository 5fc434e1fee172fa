"""Let stderr hear azremedy's own loggers and those of the Azure SDK, while a command runs.

The root logger is left alone, every logger is left as it was found, and no secret is written.
"""

from __future__ import annotations

import logging
import sys
from collections import Counter
from dataclasses import dataclass

from azremedy.cli.debugging import Talk
from azremedy.redaction import redact
from azremedy.report.agent_commands import break_commands

OWN = "azremedy"
OTHERS = ("azure", "msal", "urllib3")
REQUESTS = "azremedy.gateways.request_log"
"""The logger of requests; its module is not imported for its name."""
_LOGGER = logging.getLogger(__name__)
_NEVER = logging.CRITICAL + 1
_TOO_MANY = 429
_KINDS = {"read": "reads", "write": "writes", "deletion": "deletions"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """From which level on records are let through."""

    shown: int
    """On stderr."""
    own: int
    """From azremedy's own loggers, also to be counted."""
    others: int
    """From the loggers of the SDK and of what it is built on."""


LEVELS = {
    Talk.ERRORS: Levels(shown=logging.ERROR, own=logging.ERROR, others=_NEVER),
    # What the SDK warns of is told by azremedy's own errors: nothing is told twice.
    Talk.NORMAL: Levels(shown=logging.WARNING, own=logging.WARNING, others=_NEVER),
    Talk.VERBOSE: Levels(shown=logging.INFO, own=logging.DEBUG, others=logging.WARNING),
    Talk.DEBUG: Levels(shown=logging.DEBUG, own=logging.DEBUG, others=logging.DEBUG),
}


class Voice:
    """Writes what loggers say to stderr, from its making until its end."""

    def __init__(self) -> None:
        self._loggers = tuple(map(logging.getLogger, (OWN, *OTHERS)))
        self._before = [(each.level, each.propagate) for each in self._loggers]
        self._handler = make_handler()
        self._counts = RequestCounts()
        for each in self._loggers:
            each.addHandler(self._handler)
            each.propagate = False
        logging.getLogger(REQUESTS).addHandler(self._counts)

    def choose(self, talk: Talk) -> None:
        """Tell this much from here on."""
        levels = LEVELS[talk]
        self._handler.setLevel(levels.shown)
        for each in self._loggers:
            each.setLevel(levels.own if each.name == OWN else levels.others)
        # It writes a line a request too, which says less.
        urllib3 = logging.getLogger("urllib3")
        urllib3.setLevel(max(urllib3.level, logging.INFO))

    def tell_requests(self) -> None:
        """Tell how many requests were sent."""
        _LOGGER.info("%s", self._counts.describe())
        for line in self._counts.list_types():
            _LOGGER.debug("%s", line)

    def end(self) -> None:
        """Leave the loggers as they were found."""
        logging.getLogger(REQUESTS).removeHandler(self._counts)
        for each, (level, propagate) in zip(self._loggers, self._before, strict=True):
            each.removeHandler(self._handler)
            each.setLevel(level)
            each.propagate = propagate


class RequestCounts(logging.Handler):
    """Counts requests by what they do, and by what they are about."""

    def __init__(self) -> None:
        super().__init__()
        self._kinds: Counter[str] = Counter()
        self._types: Counter[tuple[str, str]] = Counter()
        self._again = 0
        self._refused = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Count the request that a record tells of."""
        if (told := getattr(record, "told", None)) is None:
            return
        self._kinds[told.kind] += 1
        self._types[told.method, told.resource_type] += 1
        self._again += told.attempt > 1
        self._refused += told.status == _TOO_MANY

    def describe(self) -> str:
        """Write the sums in one line; the requests of the sign-in are not among them."""
        kinds = ", ".join(f"{self._kinds[kind]} {many}" for kind, many in _KINDS.items())
        return (
            f"{self._kinds.total()} requests: {kinds}; "
            f"{self._again} of them sent again, {self._refused} throttled"
        )

    def list_types(self) -> tuple[str, ...]:
        """Write a line for each method and type of resource, the most frequent first."""
        return tuple(
            f"  {count} x {method} {about}"
            for (method, about), count in sorted(
                self._types.items(), key=lambda item: (-item[1], item[0])
            )
        )


def make_handler() -> logging.Handler:
    """Make what writes records to stderr. It redacts them whole, tracebacks included."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(take_secrets_out)
    handler.setFormatter(PlainFormatter())
    return handler


def take_secrets_out(record: logging.LogRecord) -> bool:
    """Redact a record's message, with its arguments in place, and let it pass."""
    record.msg, record.args = redact(record.getMessage()), ()
    return True


class PlainFormatter(logging.Formatter):
    """Writes when since the start, how grave, and who says what; azremedy itself is not named.

    No line of what is said is a command for a pipeline's agent.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Write a record, with its traceback, without secrets."""
        text = break_commands(redact(super().format(record)))
        who = "" if record.name.split(".")[0] == OWN else f"{record.name}: "
        return f"{record.relativeCreated / 1000:8.3f} {record.levelname.lower()}: {who}{text}"

    def formatException(self, ei: logging._SysExcInfoType) -> str:  # noqa: N802 - logging's name
        """Write a traceback without secrets: it is kept in the record for other handlers."""
        return redact(super().formatException(ei))
