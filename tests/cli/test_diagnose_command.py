"""``azremedy diagnose``: what it shows, what it reads, and what its exit code says."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from datetime import UTC, datetime
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from rich.console import Console

from azremedy.domain.findings import Certainty, Diagnosis, Finding
from azremedy.ids import ResourceId
from azremedy.report.diagnosis_text import show_diagnosis
from azremedy.sandbox import scenario
from tests.support.calls import list_writes

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.calls import Call, Called

SUBSCRIPTION = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"
MACHINES = "providers/Microsoft.Compute/virtualMachines"
VM = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-shop/{MACHINES}/web-1"
NOT_READY = "user-error-guest-agent-status-unavailable"
SWITCHED_OFF = "extensions-disabled"


@pytest.fixture
def diagnose(call: Call) -> Call:
    """Call the command for the VM of a world."""

    def called(world: str, *arguments: str, vm: str = "web-1") -> Called:
        return call("diagnose", "--vm", vm, "--sandbox", world, *arguments)

    return called


def without(folder: Path, world: str, *actions: str) -> str:
    """Write the scenario of a caller who lacks some permissions."""
    grant = {"scope": "/", "actions": ["*"], "notActions": list(actions)}
    file = folder / "reader.yaml"
    document = {
        "schema": "azremedy.sandbox/1",
        "extends": world,
        "name": "reader",
        "title": "Somebody who may not read everything.",
        "caller": [grant],
    }
    file.write_text(yaml.safe_dump(document))
    return str(file)


def test_a_cause_is_shown_with_its_evidence(diagnose: Call) -> None:
    """Symptom, cause, fact, and where, when and under which request it was read."""
    done = diagnose("restore-point-limit")

    assert 0 == done.code
    assert "symptom: UserErrorRpCollectionLimitReached, named by its newest backup job" in done.out
    assert "(point-group-locked)" in done.out
    assert "- CanNotDelete lock 'no-deletes'" in done.out
    assert re.search(
        r"Authorization/locks/no-deletes, 2026-11-20 08:00:00 UTC, request [0-9a-f-]{36}\n",
        done.out,
    )
    assert "can: take the locks off the restore point group (can be undone)" in done.out
    assert re.search(r"next: azremedy fix --vm /subscriptions/\S+/web-1 --unlock\n", done.out)
    assert "will be back: the lock 'no-deletes'" in done.out
    assert "ruled out: vm-gone: the VM exists" in done.out
    assert "" == done.err


def test_flags_and_instructions_are_named(diagnose: Call) -> None:
    """What disrupts needs its flag; what a person does says where."""
    done = diagnose(NOT_READY)

    assert "can: restart the VM (cannot be undone; needs --restart)" in done.out
    assert f"next: azremedy fix --vm {VM} --restart\n" in done.out
    assert re.search(r"by hand: .+ \(in the VM, in .+\)\n", done.out)


def test_a_healthy_vm_is_said_to_be_healthy(diagnose: Call) -> None:
    """Nothing failed, nothing is confirmed, and the exit code is 0 in any form."""
    done = diagnose("healthy-windows", "--detailed-exitcode")

    assert 0 == done.code
    assert "no code: neither a job nor the item's health says that a backup failed" in done.out
    assert "no cause is confirmed" in done.out
    assert "cannot tell" not in done.out
    assert "next:" not in done.out


@pytest.mark.parametrize(("arguments", "code"), [((), 0), (("--detailed-exitcode",), 10)])
def test_the_exit_code_tells_of_a_cause_when_asked(
    diagnose: Call, arguments: tuple[str, ...], code: int
) -> None:
    """A cause that was found is an answer, not a failure, unless the caller wants to know."""
    assert code == diagnose("restore-point-limit", *arguments).code


@pytest.mark.parametrize("arguments", [(), ("--detailed-exitcode",)])
def test_what_could_not_be_read_leaves_the_question_open(
    diagnose: Call, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    """Nothing is confirmed, so the exit code is a failure, and the permission is named."""
    action = "Microsoft.RecoveryServices/Vaults/backupProtectedItems/read"

    done = diagnose(without(tmp_path, "restore-point-limit", action), *arguments)

    assert 3 == done.code
    assert "cannot tell: " in done.out
    assert f"to settle it: grant {action}, then diagnose again" in done.out
    assert f"missing permission {action}" in done.out


def test_a_cause_counts_although_not_everything_could_be_read(
    diagnose: Call, tmp_path: Path
) -> None:
    """The answer is there."""
    action = "Microsoft.Compute/virtualMachines/extensions/read"

    done = diagnose(without(tmp_path, "restore-point-limit", action), "--detailed-exitcode")

    assert 10 == done.code
    assert "not read:" in done.out


def test_json_is_a_list_with_one_diagnosis_a_vm(call: Call) -> None:
    """Each names its schema, its VM, its symptoms and its findings with their evidence."""
    done = call(
        "diagnose", "--vm", "web-1", "--vm", "web-10", "--sandbox", "two-vms-alike", "-o", "json"
    )

    documents: list[dict[str, Any]] = done.document
    assert [("azremedy.diagnosis/1", "web-1"), ("azremedy.diagnosis/1", "web-10")] == [
        (each["schema"], each["vmId"].rpartition("/")[2]) for each in documents
    ]
    basis = documents[0]["findings"][0]["basis"][0]
    assert {"fact", "source", "at", "requestId"} == basis.keys()
    assert "" == done.err


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("--vm", "web-99"), 6, "web-99"),
        (("--vm", f"{VM}-99"), 6, "no vault protects one"),
        ((), 2, "No VM is named"),
        (("--vm", "web-1", "--code", " "), 2, "--code is empty"),
        (("--vm", "web-1", "--code", "RpColectionLimit"), 2, "UserErrorRpCollectionLimitReached"),
        (("--vm", "web-1", "--playbook", "/nowhere/x.yaml"), 2, "/nowhere/x.yaml"),
    ],
)
def test_what_cannot_be_answered_says_why(
    call: Call, arguments: tuple[str, ...], code: int, told: str
) -> None:
    """One message, the right exit code, and no answer."""
    done = call("diagnose", *arguments, "--sandbox", NOT_READY)

    assert (code, "") == (done.code, done.out)
    assert told in done.err


def test_an_error_is_json_where_json_is_wanted(diagnose: Call) -> None:
    """A pipeline reads one form."""
    done = diagnose(NOT_READY, "-o", "json", vm="web-99")

    assert (6, "not-found") == (done.code, done.document["msgid"])


def test_a_code_of_ones_own_comes_first(diagnose: Call) -> None:
    """Said by the person; that of the job is shown too."""
    done = diagnose("restore-point-limit", "--code", "usererrorguestagentstatusunavailable")

    assert "symptom: UserErrorGuestAgentStatusUnavailable, as you say" in done.out
    assert "symptom: UserErrorRpCollectionLimitReached, named by its newest backup job" in done.out


def test_an_unknown_code_is_said_to_be_unknown(diagnose: Call) -> None:
    """And every rule is asked."""
    done = diagnose("restore-point-limit", "--code", "987654321")

    assert "no playbook knows this code, so every rule is asked" in done.out


def test_everything_asks_more_rules(diagnose: Call) -> None:
    """Also what the code's playbook does not name."""
    few, many = diagnose("restore-point-limit"), diagnose("restore-point-limit", "--everything")

    assert "key-vault-closed" not in few.out
    assert "key-vault-closed" in many.out


def test_a_vm_that_is_gone_is_diagnosed(diagnose: Call) -> None:
    """Found by the item that a vault still has of it; there is nobody to look into."""
    done = diagnose("vm-gone", "--look-inside", "--yes")

    assert 0 == done.code
    assert "(vm-gone)" in done.out
    assert "Not looked inside: " in done.err


def test_nothing_is_changed(diagnose: Call, tmp_path: Path) -> None:
    """Not one request could have."""
    record = tmp_path / "exchanges.jsonl"

    diagnose("restore-point-limit", "--everything", "--record", str(record))

    assert record.is_file()
    assert [] == list_writes(record)


def test_a_look_inside_settles_it(diagnose: Call, tmp_path: Path) -> None:
    """The plan and its run are the conversation, the diagnosis is the answer."""
    record = tmp_path / "exchanges.jsonl"

    blind = diagnose(SWITCHED_OFF)
    seeing = diagnose(SWITCHED_OFF, "--look-inside", "--yes", "--record", str(record))

    assert "cannot tell: " in blind.out
    assert "(extensions-disabled)" not in blind.out
    assert "(extensions-disabled)" in seeing.out
    assert "1. " in seeing.err
    assert ["POST"] == [write.partition(" ")[0] for write in list_writes(record)]
    assert list_writes(record)[0].endswith("/runCommand")


def test_nobody_looks_inside_unasked(diagnose: Call) -> None:
    """Without a terminal there is nobody to ask, so that takes --yes."""
    done = diagnose(SWITCHED_OFF, "--look-inside")

    assert (4, "") == (done.code, done.out)
    assert "Give --yes to run the check inside" in done.err


def test_a_vm_that_cannot_be_looked_into_is_diagnosed_without(diagnose: Call) -> None:
    """Run Command needs a ready agent: why not is told, and the rest is answered."""
    done = diagnose(NOT_READY, "--look-inside", "--yes")

    assert 0 == done.code
    assert "skipped" in done.err
    assert "(agent-not-ready)" in done.out


def answered(answer: str, record: Path) -> tuple[int, str]:
    """Run the command at a terminal, type an answer, and give exit code and stdout."""
    command = ("diagnose", "--vm", "web-1", "--sandbox", SWITCHED_OFF, "--look-inside")
    mine, its = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "azremedy", *command, "--record", str(record)],
        stdin=its,
        stderr=its,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        os.close(its)
        seen = ""
        while "[y/N]" not in seen:
            seen += os.read(mine, 4096).decode()
        os.write(mine, f"{answer}\n".encode())
        out, _ = child.communicate(timeout=60)
    os.close(mine)
    return child.returncode, out


@pytest.mark.parametrize(("answer", "looked"), [("y", 1), ("n", 0)])
def test_a_person_decides_whether_to_look_inside(tmp_path: Path, answer: str, looked: int) -> None:
    """Either way the diagnosis follows."""
    record = tmp_path / "exchanges.jsonl"

    code, out = answered(answer, record)

    assert (0, looked) == (code, len(list_writes(record)))
    assert (looked == 1) == ("(extensions-disabled)" in out)


def test_what_is_only_worth_knowing_is_told_apart(diagnose: Call) -> None:
    """It is no cause, but there is something to be done about it."""
    done = diagnose("storage-blocked", "--detailed-exitcode")

    assert 0 == done.code
    assert "no cause is confirmed" in done.out
    assert "worth knowing: " in done.out
    assert "needs --allow-storage" in done.out


def test_a_code_that_names_its_cause_needs_no_more(diagnose: Call) -> None:
    """Only a person can mend it, so nothing but that is shown."""
    done = diagnose("healthy-windows", "--code", "ExtensionSnapshotFailedCOM")

    assert "- code ExtensionSnapshotFailedCOM\n  " in done.out
    assert re.search(r"by hand: .+ \(in the VM.*\)\n", done.out)
    assert "next:" not in done.out
    assert "key-vault-closed" not in done.out


def test_what_a_code_holds_is_told(diagnose: Call) -> None:
    """With what it means, and what it advises whatever the cause."""
    done = diagnose("allocation-failed")

    assert "symptom: UserErrorCrpReportedUserError (400349)" in done.out
    assert re.search(r"it holds: AllocationFailed: \S.+\n", done.out)
    assert "whatever the cause, by hand: Find capacity" in done.out


def test_an_instruction_without_a_text_is_named() -> None:
    """Better its name than nothing."""
    finding = Finding(
        cause="ours",
        title="Ours.",
        certainty=Certainty.CONFIRMED,
        message="it is so",
        instructions=("ask-the-team",),
    )
    found = Diagnosis(
        vm_id=ResourceId.parse(VM),
        read_at=datetime(2026, 11, 20, 8, tzinfo=UTC),
        findings=(finding,),
    )
    console = Console(file=StringIO(), width=200)

    with console.capture() as captured:
        show_diagnosis(found, console)

    assert "by hand: ask-the-team\n" in captured.get()


def test_worlds_of_the_tests_exist() -> None:
    """Their names are those of built-in scenarios."""
    names = ("restore-point-limit", "healthy-windows", "vm-gone", NOT_READY, SWITCHED_OFF)

    assert list(names) == [scenario.load(name).name for name in names]
