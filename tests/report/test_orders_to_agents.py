"""No text from Azure is a command for the agent of a pipeline, in any form, on any stream."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING

import pytest
import yaml
from click.testing import CliRunner
from rich.console import Console

from azremedy.cli import console
from azremedy.cli.main import cli
from azremedy.report.escaping import escape, flatten, tame
from azremedy.report.formats import write_document

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.wire import JsonValue

LIMIT = "restore-point-limit"
SUBSCRIPTION = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"
LOCK = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/AzureBackupRG_westeurope_1"
    "/providers/Microsoft.Authorization/locks/no-deletes"
)
NOTES = (
    "ours ##vso[task.setvariable variable=PATH]/evil ##[add-path]/evil\n"
    "::stop-commands::abc\n  ::error title=forged::pwned"
)
OBEYED = re.compile(r"(?i)##(vso)?\[|^\s*::[a-z]", re.MULTILINE)
OWN = re.compile(
    r"^(::(error|warning) title=|##vso\[task\.(logissue|uploadsummary)).*\n", re.MULTILINE
)
DOCUMENTS: dict[str, JsonValue] = {
    "notes": {"notes": NOTES, "##vso[key]": ["::error::x", {"a": "###[x]", "b": r"\##vso[x]"}]},
    "rows": [{"a": NOTES}, {"a": "::1 and ::/0"}, {"a": [], "b": {}, "c": None, "d": "1"}],
    "lone": NOTES,
    "lone command": "::error::x",
    "lone old command": "##[error]x",
    "item": ["::error::x", "- ::error::x", 7, True],
}


@pytest.fixture
def world(tmp_path: Path) -> str:
    """Describe the usual world with a lock whose notes give orders."""
    path = tmp_path / "world.json"
    written = {"schema": "azremedy.sandbox/1", "extends": LIMIT, "name": "hostile", "title": "T."}
    change = {"id": LOCK, "properties": {"notes": NOTES}}
    path.write_text(json.dumps({**written, "change": [change]}))
    return str(path)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a ##vso[x]b", "a # #vso[x]b"),
        ("a##VSO[x]", "a# #VSO[x]"),
        ("###[x]", "## #[x]"),
        ("\r::error::b", "\N{REPLACEMENT CHARACTER}::error::b"),
        ("a\n \N{NO-BREAK SPACE}::Error::b", "a\n \N{NO-BREAK SPACE}: :Error::b"),
        ("# a ## b [c] #[d] ##vso", "# a ## b [c] #[d] ##vso"),
        ("::1 ::/0 fe80::ab a::b[::0]", "::1 ::/0 fe80::ab a::b[::0]"),
    ],
)
def test_marks_that_agents_obey_get_a_space(text: str, shown: str) -> None:
    """Other text stays as it is, addresses among it."""
    assert shown == tame(text)


def test_no_way_of_writing_keeps_a_command() -> None:
    """For the terminal and for Markdown."""
    assert not OBEYED.search(escape(NOTES))
    assert not OBEYED.search(flatten(NOTES))


@pytest.mark.parametrize("form", ["json", "jsonl", "yaml", "tsv", "table"])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_form_keeps_a_command(form: str, name: str) -> None:
    """Neither a value nor a key."""
    assert not OBEYED.search(write_document(DOCUMENTS[name], form))


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_mean_the_same(name: str, ascii_only: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Whoever parses them gets each character."""
    document = DOCUMENTS[name]

    assert document == json.loads(write_document(document, "json", ascii_only=ascii_only))
    assert document == yaml.safe_load(write_document(document, "yaml", ascii_only=ascii_only))


def test_a_folded_line_begins_with_no_command() -> None:
    """A text can be as long as it likes, so that a fold comes where it wants one."""
    stream = io.StringIO()
    text = escape("x" * 160 + "::error::forged")

    Console(file=console.screen(stream), width=160).print(text)

    assert "x" * 160 + "\n: :error::forged\n" == stream.getvalue()


@pytest.mark.parametrize("variable", ["TF_BUILD", "GITHUB_ACTIONS", "NEITHER"])
@pytest.mark.parametrize(
    "line",
    [
        "find-rg",
        "diagnose --vm web-1 --debug",
        "fix --vm web-1 --unlock --dry-run",
        "unlock-rg --all --yes -o json",
        "unlock-rg --all --yes -o yaml",
        "find-rg --query groups[0].locks[0].notes -o tsv",
        "find-rg --query groups[0].locks[0].notes -o yaml",
        "find-rg -g ::error::x##vso[y]",
    ],
)
def test_no_command_line_passes_a_command_on(
    world: str, tmp_path: Path, line: str, variable: str
) -> None:
    """Neither on stdout nor on stderr; what azremedy itself tells the agent stands alone."""
    environ = {"TF_BUILD": "", "GITHUB_ACTIONS": "", "AGENT_TEMPDIRECTORY": str(tmp_path)}

    ran = CliRunner().invoke(
        cli, [*line.split(), "--sandbox", world], env={**environ, variable: "true"}
    )

    assert "" != ran.stdout + ran.stderr
    assert not OBEYED.search(ran.stdout)
    assert not OBEYED.search(OWN.sub("", ran.stderr))
