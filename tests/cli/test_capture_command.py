"""``azremedy sandbox capture``: where the copy goes and what the exit code says."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from azremedy.sandbox import scenario

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.calls import Call, Serve

CAPTURE = ("sandbox", "capture", "--sandbox", "restore-point-limit")
SUBSCRIPTION = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"


def test_the_copy_goes_to_standard_output(call: Call) -> None:
    """Without a file the scenario is the answer, in YAML."""
    done = call(*CAPTURE)

    document: dict[str, Any] = yaml.safe_load(done.out)
    assert (0, "captured", "") == (done.code, document["name"], done.err)


@pytest.mark.parametrize("suffix", [".yaml", ".json"])
def test_the_copy_is_a_scenario_like_any_other(call: Call, tmp_path: Path, suffix: str) -> None:
    """It is named after its file, only its owner may read it, and a repair works in it."""
    file = tmp_path / f"production{suffix}"

    done = call(*CAPTURE, "-o", str(file))

    assert (0, "", "") == (done.code, done.out, done.err)
    assert "production" == scenario.load(file).name
    assert os.name == "nt" or file.stat().st_mode & 0o777 == 0o600
    repaired = call("clean-rpc", "--vm", "web-1", "--unlock", "--yes", "--sandbox", str(file))
    assert 0 == repaired.code


def test_a_masked_copy_tells_no_name(call: Call) -> None:
    """Subscription, groups, VM, vault, user, notes and tags of the original are nowhere."""
    masked = call(*CAPTURE, "--mask").out.lower()

    originals = (SUBSCRIPTION, "shop", "web-1", "rg-backup", "operator", "platform team", "prod")
    assert [] == [name for name in originals if name in masked]


def test_what_may_not_be_read_is_told(call: Call, tmp_path: Path) -> None:
    """The copy is written all the same, and the exit code says that it has gaps."""
    action = "Microsoft.Compute/restorePointCollections/read"
    loaded = scenario.load("restore-point-limit")
    world = {
        "schema": loaded.schema,
        "name": "reader",
        "title": "Somebody who may not read everything.",
        "now": loaded.now.isoformat(),
        "caller": [{"scope": "/", "actions": ["*/read"], "notActions": [action]}],
        "resources": list(loaded.resources),
    }
    file, copy = tmp_path / "reader.json", tmp_path / "copy.json"
    file.write_text(json.dumps(world), encoding="utf-8")

    done = call("sandbox", "capture", "--sandbox", str(file), "-o", str(copy))

    assert 3 == done.code
    assert f"missing permission {action}" in done.err
    kinds = {each["type"] for each in scenario.load(copy).resources if "type" in each}
    assert "Microsoft.Compute/restorePointCollections" not in kinds
    assert "Microsoft.Compute/virtualMachines" in kinds


def test_a_file_that_cannot_be_written_is_a_usage_error(call: Call, tmp_path: Path) -> None:
    """The message names the file."""
    file = tmp_path / "none" / "copy.yaml"

    done = call(*CAPTURE, "-o", str(file))

    assert 2 == done.code
    assert str(file) in " ".join(done.err.split("\n")).replace(" ", "")


def test_a_served_world_is_copied_without_a_write(program: Call, serve: Serve) -> None:
    """Over TLS, with nothing but the served environment, only reads are sent."""
    served = serve("restore-point-limit")

    done = program("sandbox", "capture", env=served.env)

    assert (0, "") == (done.code, done.err)
    assert [] == served.writes()
    assert SUBSCRIPTION in done.out
