"""``playbook`` publishes the schema, and begins, checks and explains a team's own files."""

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


def test_playbook_is_begun_with_its_schema_beside_it(call: Call, tmp_path: Path) -> None:
    """Its first line leads an editor to the schema, and it is fit for use as it is."""
    path = tmp_path / "own" / "agent.yaml"

    called = call("playbook", "new", "400196", "--out", str(path))

    assert (0, "") == (called.code, called.out)
    first, *rest = path.read_text(encoding="utf-8").splitlines()
    assert "# yaml-language-server: $schema=playbook.schema.json" == first
    assert "code: UserErrorGuestAgentStatusUnavailable" in rest
    schema = json.loads(path.with_name("playbook.schema.json").read_text(encoding="utf-8"))
    assert json.loads(call("playbook", "schema").out) == schema
    assert 0 == call("playbook", "check", str(path.parent)).code


def test_playbook_is_printed_where_no_file_is_named(call: Call) -> None:
    """So that it can be looked at first."""
    called = call("playbook", "new", "ContosoBackupWindowMissed")

    assert (0, "") == (called.code, called.err)
    assert "\ncode: ContosoBackupWindowMissed\n" in called.out


@pytest.mark.parametrize(
    ("code", "name", "told"),
    [
        ("TeamCode", "there.yaml", "is there already"),
        ("TeamCode", "new.json", "does not end in .yaml"),
        ("no code", "new.yaml", "is no code"),
        ("TeamCode", "there.yaml/new.yaml", "there.yaml is there already"),
        ("TeamCode", f"{'x' * 300}.yaml", "cannot be written"),
    ],
)
def test_playbook_is_not_begun_just_anywhere(
    call: Call, tmp_path: Path, code: str, name: str, told: str
) -> None:
    """Nothing is overwritten, and nothing is left behind."""
    there = tmp_path / "there.yaml"
    there.write_text("mine", encoding="utf-8")

    called = call("playbook", "new", code, "--out", str(tmp_path / name))

    assert 2 == called.code
    assert told in called.err
    assert ["mine"] == [each.read_text(encoding="utf-8") for each in tmp_path.iterdir()]


def test_own_schema_beside_a_playbook_stays(call: Call, tmp_path: Path) -> None:
    """A team may keep another version of it."""
    schema = tmp_path / "playbook.schema.json"
    schema.write_text("{}", encoding="utf-8")

    call("playbook", "new", "TeamCode", "--out", str(tmp_path / "team.yaml"))

    assert "{}" == schema.read_text(encoding="utf-8")


def test_own_playbook_is_told_with_its_steps(call: Call) -> None:
    """What it replaces, its causes in order, and of each remedy steps, losses and permissions."""
    path = EXAMPLES / "GuestAgentSnapshotTaskStatusError.yaml"

    called = call("playbook", "explain", str(path))

    assert 0 == called.code
    told = called.out
    order = (
        f"{path}\n",
        "takes the place of the playbook that comes with azremedy, and leaves out agent-silent,",
        "1. agent-not-ready:",
        "2. extensions-disabled:",
        "call-sap-on-call: Ask SAP operations",
        "RestartVm: lost: what runs on it is interrupted; cannot be undone",
        "needs Microsoft.Compute/virtualMachines/restart/action at the VM",
        "at the end of every repair\n     TriggerBackup:",
        "all other guards refuse the plan",
    )
    places = [told.find(each) for each in order]
    assert -1 not in places
    assert sorted(places) == places


def test_folder_of_playbooks_is_told_as_json(call: Call) -> None:
    """Each playbook is one document."""
    told = call("playbook", "explain", str(EXAMPLES), "-o", "json").document

    assert ["ContosoBackupWindowMissed", "GuestAgentSnapshotTaskStatusError"] == [
        each["explanation"]["playbook"]["code"] for each in told
    ]
    assert [False, True] == [each["replaces"] for each in told]
    assert [[], ["restart-vm", "enable-extensions"]] == [
        [used["remedy"] for used in each["remedies"]] for each in told
    ]


def test_instructions_alone_are_no_playbook(call: Call) -> None:
    """There is nothing to tell of them."""
    called = call("playbook", "explain", str(EXAMPLES / "instructions" / "call-sap-on-call.yaml"))

    assert 2 == called.code
    assert "There is no playbook in" in called.err


@pytest.mark.parametrize("way", ["option", "variable", "neither"])
def test_own_folder_decides_what_fix_does(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """A folder that is named, or that is always used, holds for a plan of 'fix'."""
    text = call("playbook", "new", "UserErrorRpCollectionLimitReached").out
    own = tmp_path / "own"
    own.mkdir()
    own.joinpath("limit.yaml").write_text(
        text.replace("remedies: [unlock, clean-points]", "remedies: [clean-by-backup]"),
        encoding="utf-8",
    )
    if way == "variable":
        monkeypatch.setenv("AZREMEDY_PLAYBOOKS", str(own))
    named = ("--playbooks", str(own)) if way == "option" else ()

    called = call(
        *("fix", "--vm", "web-1", "--sandbox", "restore-point-limit", "--unlock", "--dry-run"),
        *("-o", "json", "--query", "plan.targets[].mends[].remedy", *named),
    )

    assert 0 == called.code
    assert (way == "neither") == ("unlock" in called.document)
    assert (way != "neither") == ("clean-by-backup" in called.document)


def test_kept_plan_is_carried_out_from_another_folder(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names the whole path of a playbook that was given by a short one."""
    for name in ("here", "there"):
        tmp_path.joinpath(name).mkdir()
    text = call("playbook", "new", "UserErrorRpCollectionLimitReached").out
    tmp_path.joinpath("here", "limit.yaml").write_text(text, encoding="utf-8")
    sandbox, plan = ("--sandbox", "restore-point-limit"), str(tmp_path / "plan.json")
    monkeypatch.chdir(tmp_path / "here")
    asked = ("--vm", "web-1", "--unlock", "--playbook", "limit.yaml")
    made = call("plan", "fix", *asked, "--out", plan, *sandbox)
    monkeypatch.chdir(tmp_path / "there")

    applied = call("apply", plan, "--yes", *sandbox)

    assert (0, 0) == (made.code, applied.code), applied.err
