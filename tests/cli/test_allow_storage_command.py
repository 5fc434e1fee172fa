"""``azremedy allow-storage``: its dry run, its JSON, its run, and what it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from azremedy.domain.run import Run
from azremedy.wire import json_schema
from tests.support.calls import list_writes

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.calls import Call

BLOCKED = ("allow-storage", "--vm", "web-1", "--sandbox", "extension-snapshot-failed-no-network")


def test_dry_run_shows_the_rule_and_writes_nothing(call: Call, tmp_path: Path) -> None:
    """The plan names the rule that is added and the one that denies; nothing is sent."""
    record = tmp_path / "exchanges.jsonl"

    called = call(*BLOCKED, "--dry-run", "--detailed-exitcode", "--record", str(record))

    assert (10, []) == (called.code, list_writes(record))
    assert "would add rule azremedy-allow-storage" in called.out
    assert "rule deny-internet (priority 200) of web-nsg denies ports 443 and 8443" in called.out
    assert "does not need it today" in called.out


def test_run_writes_what_the_dry_run_showed(call: Call, tmp_path: Path) -> None:
    """JSON of both has one schema, and the one write is the rule."""
    record = tmp_path / "exchanges.jsonl"
    shown = call(*BLOCKED, "--dry-run", "-o", "json").document

    called = call(*BLOCKED, "--yes", "-o", "json", "--record", str(record))

    schema: Any = json_schema(Run)
    jsonschema.validate(called.document, schema)
    step = shown["plan"]["targets"][0]["steps"][0]["step"]
    assert shown["plan"]["targets"] == called.document["plan"]["targets"]
    assert (0, "done") == (called.code, called.document["state"])
    assert [f"PUT {step['ruleId'].removeprefix('/subscriptions/')}"] == list_writes(record)


def test_without_terminal_or_yes_nothing_happens(call: Call, tmp_path: Path) -> None:
    """Nothing is opened without a word."""
    record = tmp_path / "exchanges.jsonl"

    called = call(*BLOCKED, "--record", str(record))

    assert (4, []) == (called.code, list_writes(record))


@pytest.mark.parametrize(
    ("more", "steps"),
    [
        (("--port", "443"), [("AddSecurityRule", ["443"])]),
        (("--by", "rule"), [("AddSecurityRule", ["443", "8443"])]),
        (
            ("--by", "endpoint", "--port", "443"),
            [("AddServiceEndpoint", None), ("AddSecurityRule", ["443"])],
        ),
    ],
)
def test_ways_and_ports_can_be_chosen(
    call: Call, more: tuple[str, ...], steps: list[tuple[str, list[str] | None]]
) -> None:
    """The plan holds what was asked for, and no port more."""
    document = call(*BLOCKED, *more, "--dry-run", "-o", "json").document
    planned = [each["step"] for each in document["plan"]["targets"][0]["steps"]]

    assert steps == [(step["kind"], step.get("ports")) for step in planned]


def test_an_open_network_leaves_nothing_to_do(call: Call) -> None:
    """A VM that reaches Storage is told so, with exit code 0."""
    called = call("allow-storage", "--vm", "web-1", "--sandbox", "user-error-unsupported-disk-size")

    assert 0 == called.code
    assert "nothing to do" in called.out


@pytest.mark.parametrize("arguments", [("--port", "80"), ("--by", "proxy")])
def test_other_ports_and_ways_are_refused(call: Call, arguments: tuple[str, ...]) -> None:
    """Only what Azure Storage needs is ever opened."""
    assert 2 == call(*BLOCKED, *arguments).code
