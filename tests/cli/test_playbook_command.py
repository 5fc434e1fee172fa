"""``playbook`` publishes the schema, and checks a team's own files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.calls import Call

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "playbooks"


@pytest.mark.parametrize("kind", ["playbook", "instructions"])
def test_schema_is_printed(kind: str, call: Call) -> None:
    """The answer is the JSON Schema and nothing else."""
    called = call("playbook", "schema", kind)

    assert 0 == called.code
    assert f"urn:azremedy:schema:{kind}:1" == json.loads(called.out)["$id"]


def test_schema_of_playbooks_is_meant_by_default(call: Call) -> None:
    """Without a word it is the playbooks' schema."""
    assert call("playbook", "schema", "playbook").out == call("playbook", "schema").out


def test_schema_of_something_else_is_refused(call: Call) -> None:
    """There are two schemas."""
    assert 2 == call("playbook", "schema", "plan").code


def test_good_files_pass(call: Call) -> None:
    """A folder of good files: nothing on stdout, and exit code 0."""
    called = call("playbook", "check", str(EXAMPLES))

    assert (0, "", "Nothing is wrong.\n") == (called.code, called.out, called.err)


def test_problems_are_listed(call: Call, tmp_path: Path) -> None:
    """Each problem is one line with file and line; the exit code is that of bad input."""
    path = tmp_path / "own.yaml"
    text = (EXAMPLES / "ContosoBackupWindowMissed.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace("title:", "titlex:"), encoding="utf-8")

    called = call("playbook", "check", str(path))

    assert 2 == called.code
    assert [
        f"{path}:2: 'title' is missing",
        f"{path}:4: unknown key 'titlex': did you mean 'title'?",
    ] == called.out.splitlines()


def test_file_must_be_named(call: Call) -> None:
    """Checking nothing is no check."""
    assert 2 == call("playbook", "check").code
