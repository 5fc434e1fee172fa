"""The published schema says what a playbook may hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from azremedy.domain.playbook import Place, Table
from azremedy.domain.remedies import Remedy
from azremedy.domain.rules import RULES
from azremedy.playbooks import SCHEMAS, find_folder, make_schema

if TYPE_CHECKING:
    from pathlib import Path

PLAYBOOKS = sorted(find_folder().glob("*.yaml"))
INSTRUCTIONS = sorted((find_folder() / "instructions").glob("*.yaml"))


def list_errors(name: str, document: object) -> list[str]:
    """List what the schema finds wrong."""
    validator = Draft202012Validator(make_schema(name))
    return [error.message for error in validator.iter_errors(document)]


def find_constants(name: str, kind: str) -> list[str]:
    """List the names that a definition of the schema allows."""
    definition: dict[str, Any] = make_schema(name)["$defs"][kind]
    return [choice["const"] for choice in definition["oneOf"]]


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_schema_is_one_of_its_draft(name: str) -> None:
    """The schema is itself right, names its draft, and has an identifier."""
    schema = make_schema(name)

    Draft202012Validator.check_schema(schema)
    assert "https://json-schema.org/draft/2020-12/schema" == schema["$schema"]
    assert f"urn:azremedy:schema:{name}:1" == schema["$id"]


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_shipped_playbook_fits_the_schema(path: Path) -> None:
    """What is shipped keeps to what is published."""
    assert [] == list_errors("playbook", yaml.safe_load(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", INSTRUCTIONS, ids=lambda path: path.stem)
def test_shipped_instructions_fit_the_schema(path: Path) -> None:
    """What is shipped keeps to what is published."""
    assert [] == list_errors("instructions", yaml.safe_load(path.read_text(encoding="utf-8")))


def test_schema_names_all_that_can_be_named() -> None:
    """Causes, remedies, tables and places are listed, so that an editor can offer them."""
    cause: dict[str, Any] = make_schema("playbook")["$defs"]["PlaybookCause"]
    causes = [choice["const"] for choice in cause["properties"]["cause"]["oneOf"]]

    assert [rule.cause for rule in RULES] == causes
    assert list(Remedy) == find_constants("playbook", "Remedy")
    assert list(Table) == find_constants("playbook", "Table")
    assert list(Place) == find_constants("instructions", "Place")


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_schema_tells_what_each_key_is_for(name: str) -> None:
    """Each key has a description, those of causes too."""
    schema = make_schema(name)
    objects = [schema, *(each for each in schema["$defs"].values() if "properties" in each)]

    bare = [
        key
        for each in objects
        for key, value in each["properties"].items()
        if not value["description"].endswith((".", "VM's."))
    ]
    assert [] == bare


@pytest.mark.parametrize(
    "change",
    [
        {"titlex": "x"},
        {"table": "other"},
        {"numbers": ["7"]},
        {"causes": [{"cause": "agent-not-redy"}]},
        {"causes": [{"cause": "agent-not-ready", "when": "never"}]},
        {"remedies": ["reboot"]},
    ],
)
def test_schema_refuses_what_the_loader_refuses(change: dict[str, object]) -> None:
    """An editor that knows the schema marks the mistakes that the loader would tell."""
    good = {
        "schema": "azremedy.playbook/1",
        "code": "OwnCode",
        "title": "t",
        "meaning": "m",
        "table": "vm",
        "source": "us, 2026",
    }

    assert [] == list_errors("playbook", good)
    assert [] != list_errors("playbook", {**good, **change})
