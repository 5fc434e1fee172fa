"""No text from Azure tells a terminal what to do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from azremedy.cli.main import cli
from azremedy.report.escaping import code, escape, flatten, tame
from azremedy.report.formats import write_document

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = "restore-point-limit"
SUBSCRIPTION = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"
LOCK = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/AzureBackupRG_westeurope_1"
    "/providers/Microsoft.Authorization/locks/no-deletes"
)
HOSTILE = "a\x1b[2K\x1b]0;title\x07 \x9b31m b\rc \u202ed"


@pytest.fixture
def world(tmp_path: Path) -> str:
    """Describe the usual world with a lock whose notes give orders."""
    path = tmp_path / "world.json"
    change = {"id": LOCK, "properties": {"notes": HOSTILE}}
    path.write_text(
        json.dumps(
            {
                "schema": "azremedy.sandbox/1",
                "extends": LIMIT,
                "name": "hostile",
                "title": "A lock whose notes give orders.",
                "change": [change],
            }
        )
    )
    return str(path)


def test_orders_are_signs() -> None:
    """Each is one sign, so that something can be seen to be there; tabs and lines stay."""
    assert "a�[2K�]0;title� �31m b�c �d\t\n" == tame(HOSTILE + "\t\n")
    assert r"\[bold]� Ünï ✓" == escape("[bold]\x1b Ünï ✓")


@pytest.mark.parametrize(
    "line",
    [
        "find-rg",
        "diagnose --vm web-1",
        "fix --vm web-1 --unlock --dry-run",
        "unlock-rg --all --yes",
        "find-rg --query groups[0].locks[0].notes",
    ],
)
def test_no_command_passes_an_order_on(world: str, line: str) -> None:
    """Neither on stdout nor on stderr; the notes are shown, or what is left of them."""
    result = CliRunner().invoke(cli, [*line.split(), "--sandbox", world])

    assert 0 == result.exit_code
    assert [] == [sign for sign in "\x1b\x07\x9b\r\u202e" if sign in result.output]


def test_markdown_holds_no_marks_of_strangers() -> None:
    """No line, cell, link, image or tag comes from a text."""
    assert r"a � # b \| \<img src=x> !\[x](http://y) *c*" == flatten(
        "a \x1b\n# b | <img src=x> ![x](http://y) *c*"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\[click](https://evil.example)", r"\\\[click](https://evil.example)"),
        (r"\| done", r"\\\| done"),
        (r"\`x\`", r"\\\`x\\\`"),
    ],
)
def test_a_backslash_of_strangers_takes_no_mark_back(text: str, expected: str) -> None:
    """It stands for itself, so the one before a mark still counts."""
    assert expected == flatten(text)


def test_marks_hide_no_secret_from_redaction() -> None:
    """JSON inside a string is known by its backslashes, which are doubled after that."""
    assert r'{\\"password\\":\\"REDACTED\\"}' == flatten(r"{\"password\":\"one2three4five6\"}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/locks/no-deletes", "`/locks/no-deletes`"),
        ("a`[b](c)\n# `` d", "```a`[b](c) # `` d```"),
        ("`a", "`` `a ``"),
        ("a`", "`` a` ``"),
        ("a|\x1b", "`a\\|�`"),
        ("", "` `"),
    ],
)
def test_code_in_markdown_ends_where_it_should(text: str, expected: str) -> None:
    """A tick in a lock's name does not end it: the ticks around it are more than any in it."""
    assert expected == code(text)


def test_report_for_a_ticket_passes_no_order_on(world: str, tmp_path: Path) -> None:
    """Neither what is printed nor what is written."""
    plan, told = str(tmp_path / "plan.json"), tmp_path / "plan.md"
    line = ["plan", "fix", "--vm", "web-1", "--unlock", "--out", plan, "--sandbox", world]
    CliRunner().invoke(cli, line, catch_exceptions=False)

    result = CliRunner().invoke(cli, ["report", plan, "--md", str(told)])
    printed = CliRunner().invoke(cli, ["report", plan]).output

    assert 0 == result.exit_code
    assert "whose notes say" in printed
    written = told.read_text(encoding="utf-8")
    assert [] == [sign for sign in "\x1b\x07\x9b\r\u202e" if sign in printed + written]


@pytest.mark.parametrize("form", ["table", "tsv"])
def test_cells_are_tame(form: str) -> None:
    """The forms without quotes; the others escape what a terminal would obey, as JSON does."""
    assert write_document("\x1b[2J", form).endswith("�[2J\n")
    assert '"\\u001b[2J"\n' == write_document("\x1b[2J", "json")
