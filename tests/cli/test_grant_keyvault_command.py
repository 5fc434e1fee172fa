"""``azremedy grant-keyvault``: shown, asked, carried out, and nothing more than that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from azremedy.domain.run import Run
from azremedy.wire import json_schema
from tests.support.calls import list_writes

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.calls import Call, Serve

WORLD = "user-error-keyvault-permissions-not-configured"
SERVICE = "77777777-7777-7777-7777-777777777777"
GRANT = ("grant-keyvault", "--vm", "web-1", "--sandbox", WORLD)
ADDED = (
    "PUT 5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001/resourceGroups/rg-shop/providers/Microsoft.KeyVault"
    "/vaults/kv-shop/accessPolicies/add"
)


def test_dry_run_shows_the_rights_and_writes_nothing(call: Call, tmp_path: Path) -> None:
    """Which rights who would get where is on the screen before anything is changed."""
    record = tmp_path / "exchanges.jsonl"

    called = call(*GRANT, "--dry-run", "--record", str(record))

    assert 0 == called.code
    assert f"would give {SERVICE} in key vault kv-shop" in called.out
    assert "keys get, list, backup; secrets get, list, backup" in " ".join(called.out.split())
    assert [] == list_writes(record)


def test_detailed_exit_code_tells_that_something_is_to_do(call: Call) -> None:
    """A pipeline learns from the exit code that rights are missing."""
    assert 10 == call(*GRANT, "--dry-run", "--detailed-exitcode").code


def test_run_gives_the_rights(call: Call, tmp_path: Path) -> None:
    """The one write is the addition to the access policy; the answer fits the run's schema."""
    record = tmp_path / "exchanges.jsonl"

    schema: Any = json_schema(Run)

    called = call(*GRANT, "--yes", "-o", "json", "--record", str(record))

    jsonschema.validate(called.document, schema)
    assert (0, "done") == (called.code, called.document["state"])
    assert [ADDED] == list_writes(record)


def test_given_object_id_is_used(call: Call) -> None:
    """The id that a person gives is the one that gets the rights."""
    other = "88888888-8888-8888-8888-888888888888"

    called = call(*GRANT, "--object-id", other, "--dry-run", "-o", "json")

    (step,) = called.document["plan"]["targets"][0]["steps"]
    assert other == step["step"]["objectId"]


@pytest.mark.parametrize("given", ["", "kv-admin", "77777777"])
def test_object_id_must_be_one(call: Call, given: str) -> None:
    """What is no object id is refused before anything is read."""
    called = call(*GRANT, "--object-id", given, "--dry-run")

    assert 2 == called.code
    assert "is not an object id" in called.err


def test_vm_without_encryption_needs_nothing(call: Call) -> None:
    """A VM that is not encrypted by Azure Disk Encryption is told so."""
    called = call("grant-keyvault", "--vm", "web-1", "--sandbox", "healthy", "--yes")

    assert 0 == called.code
    assert "no key vault is needed" in called.out


def test_without_terminal_or_yes_nothing_happens(call: Call, tmp_path: Path) -> None:
    """Without a terminal and without --yes nothing is given."""
    record = tmp_path / "exchanges.jsonl"

    called = call(*GRANT, "--record", str(record))

    assert (4, []) == (called.code, list_writes(record))


def test_too_many_vms_are_refused(call: Call) -> None:
    """More VMs than expected are refused before their disks are read."""
    more = ("--vm", "app-01", "--vm", "app-02", "--max-targets", "1", "--dry-run", "-o", "json")

    called = call("grant-keyvault", *more, "--sandbox", "fleet-small")

    assert 4 == called.code
    (target,) = called.document["plan"]["targets"]
    assert ["too-many-targets"] == [verdict["guard"] for verdict in target["verdicts"]]


def test_directory_is_found_over_the_network(program: Call, serve: Serve) -> None:
    """Against a served world the directory is found by the cloud's metadata, and asked there."""
    served = serve(WORLD)

    called = program("grant-keyvault", "--vm", "web-1", "--yes", "-o", "json", env=served.env)

    assert (0, "done") == (called.code, called.document["state"])
    assert [ADDED] == served.writes()
