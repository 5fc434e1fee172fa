"""Nothing in the program can delete a resource group: there is no such step and no such call.

The sandbox is left out: it plays Azure, where groups can be deleted by other programs.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import get_args

import pytest

import azremedy
from azremedy.domain.steps import Step

PACKAGE = Path(azremedy.__file__).parent
SOURCES = sorted(
    path for path in PACKAGE.rglob("*.py") if "sandbox" not in path.relative_to(PACKAGE).parts
)
# What the Azure SDK calls deletions of one lock, and of one resource named by its own client.
LOCK_CALLS = {
    "delete_at_subscription_level",
    "delete_at_resource_group_level",
    "delete_at_resource_level",
    "delete_by_scope",
}
WATCHERS = {"rates.py", "request_log.py"}
"""Modules of the gateways that tell requests apart and make none."""
ROLE_CALLS = {"delete_by_id"}
SECURITY_RULE = {"Microsoft.Network", "securityRules"}
OWN_CLIENTS = {"restore_point_collections", "virtual_machine_extensions"}


def _attributes(node: ast.AST) -> set[str]:
    return {child.attr for child in ast.walk(node) if isinstance(child, ast.Attribute)}


def _texts(node: ast.AST) -> set[object]:
    return {child.value for child in ast.walk(node) if isinstance(child, ast.Constant)}


def _functions(path: Path) -> list[ast.FunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def test_there_is_something_to_look_at() -> None:
    """The search finds the program's gateways and its engine."""
    rooms = {path.relative_to(PACKAGE).parts[0] for path in SOURCES}

    assert {"gateways", "engine", "domain", "api", "cli"} <= rooms


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_resource_groups_are_only_read(path: Path) -> None:
    """The SDK's client for groups is asked to list and to get, and for nothing else."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "resource_groups"
    }
    bare = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "resource_groups"
    ]
    chained = [
        node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.value in bare
    ]

    assert used <= {"list", "get"}
    assert len(bare) == len(chained), "the client for groups is handed on"


@pytest.mark.parametrize("name", sorted(WATCHERS))
def test_what_only_watches_requests_knows_no_client(name: str) -> None:
    """Neither the Azure SDK nor any other client is imported there."""
    tree = ast.parse((PACKAGE / "gateways" / name).read_text(encoding="utf-8"))
    imported = {
        alias.name if isinstance(node, ast.Import) else node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }

    assert [] == [each for each in imported if each and each.startswith(("azure.", "requests"))]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_deletion_names_its_kind(path: Path) -> None:
    """No deletion by bare id but of role assignments, and ``begin_delete`` names what it deletes.

    The client of generic resources deletes security rules alone: provider and type stand there.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    sdk_like = {
        name
        for name in _attributes(tree)
        if name.startswith(("begin_delete", "delete_at_")) or "delete_by" in name
    }

    assert sdk_like <= {*LOCK_CALLS, *ROLE_CALLS, "begin_delete"}
    for function in _functions(path):
        if "begin_delete" in _attributes(function):
            rule = _texts(function) >= SECURITY_RULE
            assert _attributes(function) & OWN_CLIENTS or rule, function.name
        if ROLE_CALLS & _attributes(function):
            assert "role_assignments" in _attributes(function), function.name


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_requests_that_are_put_together_by_hand_only_read(path: Path) -> None:
    """Changes go through the SDK's named calls; a request of one's own is a GET in plain sight."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    by_hand = [
        ast.unparse(node.args[0]) if node.args else ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("HttpRequest")
    ]

    assert "DELETE" not in texts or path.name in WATCHERS
    assert set(by_hand) <= {"'GET'"}
    assert "send_request" not in _attributes(tree) or by_hand


def test_no_step_needs_the_right_to_delete_a_group() -> None:
    """The closed set of steps holds none whose permission is about groups."""
    permissions = {kind.permission.lower() for kind in get_args(Step)}

    assert set() == {text for text in permissions if "resourcegroups" in text}
    assert {text for text in permissions if text.endswith("/delete")} == {
        "microsoft.authorization/locks/delete",
        "microsoft.authorization/roleassignments/delete",
        "microsoft.compute/restorepointcollections/delete",
        "microsoft.compute/virtualmachines/extensions/delete",
        "microsoft.network/networksecuritygroups/securityrules/delete",
    }
