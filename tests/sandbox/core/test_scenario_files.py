"""How scenario files are read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from azremedy.sandbox import scenario

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sandbox.conftest import OpenWorld

HEAD = """\
schema: azremedy.sandbox/1
name: tiny
title: Nothing much.
now: 2026-11-20T08:00:00+01:00
"""
DISK = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/d"


def written(folder: Path, text: str) -> Path:
    """Write a scenario."""
    path = folder / "tiny.yaml"
    path.write_text(text)
    return path


def refusal(folder: Path, text: str) -> scenario.ScenarioError:
    """Give the error that a text causes."""
    with pytest.raises(scenario.ScenarioError) as caught:
        scenario.load(written(folder, text))
    return caught.value


def test_a_small_file_has_defaults(tmp_path: Path) -> None:
    """What is left out is Owner, derived backups, and nothing going wrong; times are UTC."""
    loaded = scenario.load(written(tmp_path, HEAD + "resources: []\n"))

    assert loaded.now == datetime(2026, 11, 20, 7, tzinfo=UTC)
    assert loaded.caller == (scenario.Grant(scope="/", actions=("*",)),)
    assert (loaded.backup.outcome, loaded.faults) == ("derived", ())


def test_times_in_documents_stay_texts(tmp_path: Path) -> None:
    """An unquoted time in YAML reaches the ARM document as it was written."""
    text = HEAD + f"resources:\n  - id: {DISK}\n    at: 2026-01-02T03:04:05Z\n    x: null\n"

    loaded = scenario.load(written(tmp_path, text))

    assert loaded.resources[0]["at"] == "2026-01-02T03:04:05Z"
    assert loaded.resources[0]["x"] is None


def test_only_json_scalars_are_more_than_text(tmp_path: Path) -> None:
    """`Off`, `no`, octal and sexagesimal numbers are what ARM documents may hold as texts."""
    text = HEAD + (
        f"resources:\n  - id: {DISK}\n    texts: [Off, no, yes, 0123, 1:30, 0x1F, .inf]\n"
        "    values: [true, False, 12, -3, 1.5, 2e3, ~, null]\n"
    )

    loaded = scenario.load(written(tmp_path, text))

    assert loaded.resources[0]["texts"] == ["Off", "no", "yes", "0123", "1:30", "0x1F", ".inf"]
    assert loaded.resources[0]["values"] == [True, False, 12, -3, 1.5, 2000.0, None, None]


def test_what_an_alias_repeats_is_not_shared(tmp_path: Path) -> None:
    """A change to one resource of a world never reaches another."""
    text = (
        HEAD + f"resources:\n  - &one {{id: {DISK}, tags: {{}}}}\n  - {{<<: *one, id: {DISK}2}}\n"
    )

    first, second = scenario.load(written(tmp_path, text)).resources

    assert first["tags"] is not second["tags"]


def test_merged_keys_and_anchors_are_understood(tmp_path: Path) -> None:
    """YAML's own means keep scenarios small."""
    text = HEAD + (
        f"resources:\n  - &one\n    id: {DISK}\n    location: westeurope\n    n: 1\n"
        f"  - {{<<: *one, id: {DISK}2}}\n"
    )

    loaded = scenario.load(written(tmp_path, text))

    assert loaded.resources[1] == {"id": f"{DISK}2", "location": "westeurope", "n": 1}


@pytest.mark.parametrize(
    ("tail", "line", "words"),
    [
        ("resources: []\nlimts: {}\n", 6, "limts: unknown key; did you mean 'limits'?"),
        ("resources: []\nzzz: {}\n", 6, "zzz: unknown key"),
        (
            "resources: []\nfaults:\n  - match: {method: GET}\n    los: request\n",
            8,
            "faults.0.los: unknown key; did you mean 'lose'?",
        ),
        (
            "resources: []\noperations:\n  lockRelease: {seconds: 1, retryafter: 3}\n",
            7,
            "did you mean 'retryAfter'?",
        ),
        ("resources: []\nfaults:\n  - lose: everything\n", 7, "faults.0.lose: Input should be"),
        ("resources: []\nlatency: {seconds: soon}\n", 6, "latency.seconds"),
        ("resources:\n  - id: nonsense\n", 6, "resources.0"),
        ("resources:\n  - name: x\n", 6, "every resource needs its full id"),
        (f"resources:\n  - id: {DISK}\n  - id: {DISK.upper()}\n", 7, "already given"),
        (f"resources:\n  - id: {DISK}\n    type: a/b\n", 6, "does not follow"),
        ("", 1, "resources: this key is required"),
        ("resources: [\n", 6, "expected"),
        (f"resources:\n  - id: {DISK}\n    id: {DISK}2\n", 7, "the key 'id' is given twice"),
        ("resources: &r\n  - id: x\n    y: *r\n", 5, "an alias stands inside of what it names"),
        ("resources: !!python/name:os.system ''\n", 5, "could not determine a constructor"),
        (f"resources:\n  - &d {{id: {DISK}}}\nfaults:\n  - {{<<: *d}}\n", 8, "faults.0.id"),
    ],
)
def test_what_is_unknown_is_an_error_with_its_line(
    tmp_path: Path, tail: str, line: int, words: str
) -> None:
    """The message tells the line, the key and what was probably meant."""
    error = refusal(tmp_path, HEAD + tail)

    assert (error.line, error.file) == (line, str(tmp_path / "tiny.yaml"))
    assert words in error.message


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """Neither control characters nor bytes that are no UTF-8 are YAML."""
    error = refusal(tmp_path, HEAD + "\x07")
    assert (error.line, "characters are not allowed" in error.message) == (5, True)
    (tmp_path / "b.yaml").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(scenario.ScenarioError, match="cannot be read"):
        scenario.load(tmp_path / "b.yaml")


def test_resources_of_the_tenant_imply_nothing(
    open_world: OpenWorld, small: dict[str, Any]
) -> None:
    """An id without a subscription brings no container into the world."""
    role = {"id": "/providers/Microsoft.Authorization/roleDefinitions/r", "properties": None}

    world = open_world(small | {"resources": [role]}).world

    assert [document["name"] for document in world.documents] == ["r"]


def test_an_unknown_name_is_told_apart_from_a_missing_file(tmp_path: Path) -> None:
    """A name is looked up among those that exist, a path on disk."""
    near = scenario.names()[0] + "x"
    with pytest.raises(scenario.ScenarioError, match="did you mean"):
        scenario.load(near)
    with pytest.raises(scenario.ScenarioError, match="there are"):
        scenario.load("qqqqqqq")
    with pytest.raises(scenario.ScenarioError, match="cannot be read"):
        scenario.load(tmp_path / "none.yaml")


@pytest.mark.parametrize("name", scenario.names())
def test_every_built_in_scenario_is_valid(name: str) -> None:
    """What `names` lists can be loaded, and is called so inside."""
    assert scenario.load(name).name == name


def test_an_exported_world_is_a_scenario(
    open_world: OpenWorld, small: dict[str, Any], tmp_path: Path
) -> None:
    """What a world tells about itself can be loaded again, implied containers and all."""
    exported = open_world(small).world.export()
    path = tmp_path / "exported.json"
    path.write_text(json.dumps(exported))

    loaded = scenario.load(path)

    assert open_world(path).world.export() == exported
    assert loaded.title == small["title"]


def test_implied_containers_exist(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """A group that is only named in an id stands where its first resource is."""
    world = open_world(small).world

    group = world.documents.get(f"/subscriptions/{subscription}/resourcegroups/RG-app")

    assert group == {
        "id": f"/subscriptions/{subscription}/resourceGroups/rg-App",
        "name": "rg-App",
        "type": "Microsoft.Resources/resourceGroups",
        "location": "westeurope",
        "properties": {"provisioningState": "Succeeded"},
    }


def test_hidden_facts_are_exported(open_world: OpenWorld, small: dict[str, Any]) -> None:
    """What no ARM document tells of a machine goes along with the world."""
    guest = {"/subscriptions/s/resourceGroups/g/providers/N/vms/v": {"dhcp": False}}

    exported = open_world(small | {"guest": guest}).world.export()

    assert exported["guest"] == guest
    assert "guest" not in open_world(small).world.export()
