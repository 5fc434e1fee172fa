"""A scenario laid over another one says only what is different."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from azremedy.sandbox import scenario
from azremedy.sandbox.scenario_layers import patched

if TYPE_CHECKING:
    from pathlib import Path

RG = "/subscriptions/s/resourceGroups/g"
DISK = f"{RG}/providers/Microsoft.Compute/disks/d"
VM = f"{RG}/providers/Microsoft.Compute/virtualMachines/v"
EXTENSION = f"{VM}/extensions/e"
FAULT: dict[str, Any] = {"lose": "request"}
BASE: dict[str, Any] = {
    "schema": "azremedy.sandbox/1",
    "name": "base",
    "title": "A disk and a machine.",
    "now": "2026-11-20T08:00:00Z",
    "resources": [
        {"id": DISK, "tags": {"env": "prod", "team": "shop"}, "properties": {"diskSizeGB": 8}},
        {"id": VM, "properties": {"zones": [1, 2]}},
        {"id": EXTENSION, "properties": {}},
    ],
    "guest": {VM: {"dhcp": False, "leftovers": True}},
    "operations": {"deleteExtension": {"seconds": 5}},
    "faults": [FAULT],
    "expect": {"backup": "success", "kept": [VM]},
}
TOP = "extends: base.json\nname: top\ntitle: Broken.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with the scenario that is extended."""
    (tmp_path / "base.json").write_text(json.dumps(BASE))
    return tmp_path


def _load(folder: Path, tail: str) -> scenario.Scenario:
    path = folder / "top.yaml"
    path.write_text(TOP + tail)
    return scenario.load(path)


def _refusal(folder: Path, tail: str) -> scenario.ScenarioError:
    with pytest.raises(scenario.ScenarioError) as caught:
        _load(folder, tail)
    return caught.value


def test_what_is_not_said_is_as_beneath(folder: Path) -> None:
    """A layer with a name and a title of its own is otherwise what it extends."""
    layer, base = _load(folder, ""), scenario.load(folder / "base.json")

    assert ("top", "Broken.") == (layer.name, layer.title)
    assert (base.resources, base.guest, base.now) == (layer.resources, layer.guest, layer.now)
    assert (base.faults, base.expect) == (layer.faults, layer.expect)


def test_changes_are_merge_patches(folder: Path) -> None:
    """By an id in any case: mappings are merged, null takes away, lists are replaced."""
    layer = _load(
        folder,
        f"change:\n  - id: {DISK.upper()}\n"
        "    tags: {team: null}\n    sku: {name: Premium_LRS}\n"
        f"  - id: {VM}\n    properties: {{zones: [3]}}\n",
    )

    assert {
        "id": DISK,
        "tags": {"env": "prod"},
        "properties": {"diskSizeGB": 8},
        "sku": {"name": "Premium_LRS"},
    } == layer.resources[0]
    assert {"zones": [3]} == layer.resources[1]["properties"]


def test_what_is_removed_goes_with_all_beneath_it(folder: Path) -> None:
    """A machine goes with its extensions; even what is only named in ids can be removed."""
    layer = _load(folder, f"remove: [{VM.lower()}]\n")

    assert [DISK] == [each["id"] for each in layer.resources]
    assert () == _load(folder, f"remove: [{RG}]\n").resources


def test_resources_and_faults_come_on_top(folder: Path) -> None:
    """Further documents, faults and policies are added; mappings are merged; lists are replaced."""
    layer = _load(
        folder,
        f"resources:\n  - {{id: {DISK}2}}\n"
        "faults:\n  - {drop: true}\n"
        "policies:\n  - {scope: /, name: p}\n"
        f"guest:\n  {VM}: {{dhcp: null, dotNet: ''}}\n"
        "operations: {deleteExtension: {seconds: 7}, takeSnapshot: {seconds: 1}}\n"
        f"expect: {{kept: [{DISK}]}}\n",
    )
    guest = layer.guest[VM]

    assert [DISK, VM, EXTENSION, f"{DISK}2"] == [each["id"] for each in layer.resources]
    assert (["request", None], [False, True]) == (
        [each.lose for each in layer.faults],
        [each.drop for each in layer.faults],
    )
    assert ["p"] == [each.name for each in layer.policies]
    assert (True, "", True) == (guest.dhcp, guest.dot_net, guest.leftovers)
    assert [7, 1] == [each.seconds for each in layer.operations.values()]
    assert ("success", (DISK,)) == (layer.expect.backup, layer.expect.kept)


def test_a_removed_document_can_be_given_anew(folder: Path) -> None:
    """First is removed, then added: so a document is replaced whole."""
    layer = _load(folder, f"remove: [{DISK}]\nresources:\n  - {{id: {DISK}, location: here}}\n")

    assert {"id": DISK, "location": "here"} == layer.resources[-1]


def test_layers_lie_on_layers(folder: Path) -> None:
    """What is extended may extend another one itself."""
    (folder / "middle.yaml").write_text(TOP + f"change:\n  - {{id: {DISK}, location: middle}}\n")
    (folder / "high.yaml").write_text(
        f"extends: middle.yaml\nname: high\nremove: [{VM}]\n"
        f"change:\n  - {{id: {DISK}, managedBy: high}}\n"
    )

    layer = scenario.load(folder / "high.yaml")

    assert [("middle", "high")] == [
        (each["location"], each["managedBy"]) for each in layer.resources
    ]


def test_a_built_in_scenario_can_be_extended(folder: Path) -> None:
    """A name is looked up among those that come with the sandbox."""
    (folder / "mine.yaml").write_text("extends: healthy\nname: mine\n")

    assert scenario.load("healthy").resources == scenario.load(folder / "mine.yaml").resources


def test_a_file_beneath_that_changes_is_read_again(folder: Path) -> None:
    """What was read once is not kept longer than the files say the same."""
    _load(folder, "")
    (folder / "base.json").write_text(json.dumps(BASE | {"resources": []}))

    assert () == _load(folder, "").resources


@pytest.mark.parametrize(
    ("tail", "line", "words"),
    [
        ("faults:\n  - los: request\n", 5, "faults.0.los: unknown key; did you mean 'lose'?"),
        ("chang: []\n", 4, "chang: unknown key; did you mean 'change'?"),
        (f"guest:\n  {VM}: {{dchp: false}}\n", 5, "did you mean 'dhcp'?"),
        (
            f"change:\n  - {{id: {DISK}}}\n  - id: {VM}x\n",
            6,
            f"change.1: nothing beneath has the id '{VM}x'; did you mean '{VM}'?",
        ),
        ("change:\n  - location: x\n", 5, "change.0: nothing beneath has the id 'None'"),
        ("change: here\n", 4, "change: this is a list"),
        ("remove:\n  - /subscriptions/other\n", 5, "remove.0: nothing beneath has the id"),
        ("remove: [1]\n", 4, "remove.0: nothing beneath has the id '1'"),
        (f"resources:\n  - {{id: {DISK}2}}\n  - {{id: {VM}}}\n", 6, "resources.1: "),
        (f"change:\n  - id: {DISK}\n    type: a/b\n", 5, "change.0: type 'a/b' does not follow"),
        ("resources: {}\n", 4, "resources: this is a list"),
    ],
)
def test_errors_tell_the_line_of_the_layer(folder: Path, tail: str, line: int, words: str) -> None:
    """What is wrong in a layer is told by its own lines and places, not by those of the whole."""
    error = _refusal(folder, tail)

    assert (line, str(folder / "top.yaml")) == (error.line, error.file)
    assert words in error.message


def test_errors_beneath_tell_the_file_beneath(folder: Path) -> None:
    """A scenario that is unsound cannot be extended; the message names it, not the layer."""
    (folder / "base.json").write_text(json.dumps(BASE | {"limts": {}}))

    error = _refusal(folder, "")

    assert str(folder / "base.json") == error.file
    assert "limts: unknown key" in error.message


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("name: x\nextends: healty\n", 2, "did you mean 'healthy'?"),
        ("name: x\nextends: none.yaml\n", 2, "extends: the file cannot be read"),
        ("name: x\nextends: [healthy]\n", 2, "extends: this is the name or the path"),
        ("name: x\nextends: top.yaml\n", 2, "the scenario extends itself"),
        ("name: x\nremove: []\n", 2, "remove: there is nothing beneath; say extends"),
        ("- x\n", 1, "the document"),
    ],
)
def test_what_cannot_be_extended_is_told(folder: Path, text: str, line: int, words: str) -> None:
    """Whatever is wrong about `extends` is an error with its line."""
    path = folder / "top.yaml"
    path.write_text(text)

    with pytest.raises(scenario.ScenarioError) as caught:
        scenario.load(path)

    assert line == caught.value.line
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patches_are_those_of_the_standard(target: Any, patch: Any, result: Any) -> None:
    """The examples of RFC 7386, appendix A, come out as they stand there."""
    assert result == patched(target, patch)
