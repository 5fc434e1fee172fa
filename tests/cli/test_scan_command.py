"""``azremedy scan``, and the commands that work on what it found."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from azremedy.sandbox import scenario
from tests.support.calls import list_writes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.calls import Call, Called

DB = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a003"
LIMIT = "UserErrorRpCollectionLimitReached"


@pytest.fixture
def scan(call: Call) -> Call:
    """Scan the estate."""

    def called(*arguments: str) -> Called:
        return call("scan", "--sandbox", "estate", *arguments)

    return called


@pytest.fixture
def kept(scan: Call, tmp_path: Path) -> str:
    """Keep a scan of one subscription."""
    path = tmp_path / "kept.json"
    assert 0 == scan("--subscription", DB, "--out", str(path), "-o", "none").code
    return str(path)


def layered(folder: Path, **fields: Any) -> str:
    """Write a world that differs from the estate."""
    file = folder / "estate-2.yaml"
    head = {"schema": "azremedy.sandbox/1", "extends": "estate", "name": "estate"}
    file.write_text(yaml.safe_dump({**head, "title": "Another one.", **fields}))
    return str(file)


def denied(path: str) -> dict[str, Any]:
    """Refuse some reads."""
    answer = {"status": 403, "code": "AuthorizationFailed"}
    return {"match": {"method": "GET", "path": path}, "answer": answer, "times": 99}


def test_it_tells_causes_with_their_command_and_vms(scan: Call) -> None:
    """Those that fail come first; failing VMs are no failure of the scan."""
    found = scan()

    assert 0 == found.code
    assert found.out.startswith("31 protected VMs in 3 subscriptions: 7 fail, 6 at risk.")
    assert f"try: azremedy fix --from-scan FILE --cause {LIMIT} --unlock --dry-run" in found.out
    assert "it may need: --resume-protection" in found.out
    assert found.out.index("UserErrorGuestAgentStatusUnavailable") < found.out.index("fails-often")
    assert "Locked groups of restore points" in found.out
    assert "AzureBackup_db-99_100000000000099" in found.out
    assert "keep it with --out FILE" in found.out
    assert "" == found.err


def test_a_kept_scan_is_named_in_the_commands(scan: Call, tmp_path: Path) -> None:
    """They can be copied as they are."""
    path = tmp_path / "scan.json"

    found = scan("--out", str(path))

    assert f"--from-scan {path} --cause {LIMIT}" in found.out
    assert "FILE" not in found.out
    again = scan("--out", str(path))
    assert (2, True) == (again.code, "is there already" in again.err)


def test_the_document_has_a_version_and_whole_ids(scan: Call) -> None:
    """What --from-scan reads is what -o json writes."""
    document = json.loads(scan("-o", "json", "--subscription", "db-prod").out)

    assert "azremedy.scan/1" == document["schema"]
    assert [DB] == [each["id"] for each in document["subscriptions"]]
    assert all(each["id"].startswith(f"/subscriptions/{DB}/") for each in document["vms"])


def test_a_long_cause_is_cut_unless_all_is_asked_for(call: Call, tmp_path: Path) -> None:
    """The number of those that are left out is told."""
    world = layered(tmp_path, change=list(_failing(WELL)))

    short, whole = (call("scan", "--sandbox", world, *each) for each in ((), ("--all",)))

    assert "and 2 more VMs: see --all" in short.out
    assert "see --all" not in whole.out


WELL = (
    *(f"app-{number:02}" for number in (1, 2, 5, 6, 7, 8, 9, 10)),
    *(f"web-{number:02}" for number in (1, 3, 4, 6)),
)


def _failing(names: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Have items of the estate fail."""
    code = {"code": 1, "title": "BackUpOperationFailed", "message": "", "recommendations": []}
    broken = {
        "lastBackupStatus": "Failed",
        "lastBackupTime": "2026-11-20T07:00:00Z",
        "healthStatus": "ActionSuggested",
        "healthDetails": [code],
    }
    for each in scenario.load("estate").resources:
        if (
            each["id"].endswith(tuple(f";{name}" for name in names))
            and "/protectedItems/" in each["id"]
        ):
            yield {"id": each["id"], "properties": broken}


def test_what_could_not_be_read_is_told_and_ends_with_3(call: Call, tmp_path: Path) -> None:
    """The rest is told all the same."""
    world = layered(tmp_path, faults=[denied(f"/subscriptions/{DB}/*/locks")])

    found = call("scan", "--sandbox", world)

    assert 3 == found.code
    assert "not read: locks: missing permission Microsoft.Authorization/locks/read" in found.err
    assert "not read" in found.out
    assert LIMIT in found.out


def test_who_answered_instead_of_graph_is_told(call: Call, tmp_path: Path) -> None:
    """Once for each reason, with the number of subscriptions."""
    fault = {
        "match": {"method": "POST", "path": "*/Microsoft.ResourceGraph/resources"},
        "answer": {"status": 403, "code": "AuthorizationFailed"},
        "times": 9,
    }
    world = layered(tmp_path, faults=[fault, denied("/subscriptions/*002/*")])

    found = call("scan", "--sandbox", world)

    assert "2 subscriptions read by each service:" in found.out
    assert "1 subscription read not at all:" in found.out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("--detailed-exitcode",), 10), (("--detailed-exitcode", "--subscription", "no-such"), 6)],
)
def test_failing_vms_can_be_an_exit_code(scan: Call, arguments: tuple[str, ...], code: int) -> None:
    """Only when that is asked for."""
    assert code == scan(*arguments).code


def test_an_estate_that_is_well_says_so(call: Call) -> None:
    """Nothing to try, nothing to keep."""
    found = call("scan", "--sandbox", "healthy", "--detailed-exitcode")

    assert (0, "1 protected VM in 1 subscription: 0 fail, 0 at risk.") == (
        found.code,
        found.out.partition(" Read at")[0],
    )
    assert 1 == len(found.out.splitlines())


@pytest.mark.parametrize(
    "arguments",
    [("--subscription", ""), ("--management-group", ""), ("--fresh", "--management-group", "shop")],
)
def test_a_scope_that_is_empty_or_cannot_be_is_refused(
    scan: Call, arguments: tuple[str, ...]
) -> None:
    """A script's variable that is not set must not mean everything."""
    assert 2 == scan(*arguments).code


def test_management_groups_are_scopes(scan: Call) -> None:
    """With those beneath."""
    assert scan("--management-group", "shop").out.startswith("21 protected VMs in 2 subscriptions")


def test_a_fix_takes_the_vms_of_a_cause(call: Call, kept: str) -> None:
    """One plan, a section for each VM; nothing else is looked at."""
    found = call(
        "fix", "--sandbox", "estate", "--from-scan", kept, "--cause", LIMIT, "--unlock",
        "--dry-run", "-o", "json",
    )  # fmt: skip
    plan = json.loads(found.out)["plan"]

    assert 0 == found.code
    assert ["db-01", "db-02"] == [
        each["target"].rpartition("/")[2]
        for each in plan["targets"]
        if "virtualMachines" in each["target"]
    ]


def test_without_a_cause_those_that_fail_are_meant(call: Call, kept: str) -> None:
    """More of them than --max-targets says are refused before anything is read."""
    found = call("fix", "--sandbox", "estate", "--from-scan", kept, "--max-targets", "3", "--yes")

    assert 4 == found.code
    assert "4 targets, the limit is 3" in found.out


def test_a_scan_comes_on_standard_input(scan: Call, call: Call) -> None:
    """From one command to the next, without a file."""
    found = scan("-o", "json").out

    unlocked = call(
        "unlock-rg", "--sandbox", "estate", "--from-scan", "-", "--cause", "point-group-locked",
        "--dry-run", stdin=found,
    )  # fmt: skip

    assert 0 == unlocked.code
    assert "would remove CanNotDelete lock 'keep'" in unlocked.out
    assert "would remove CanNotDelete lock 'keep-everything'" in unlocked.out


def test_ids_of_a_query_come_on_standard_input(scan: Call, call: Call) -> None:
    """As the Azure CLI's users do it."""
    ids = scan("-o", "tsv", "--query", f"vms[?cause=='{LIMIT}'].id").out

    found = call("diagnose", "--sandbox", "estate", "--ids", "-", stdin=ids)

    assert 0 == found.code
    assert 3 == found.out.count("named by its newest backup job")


def test_all_that_fail_in_the_subscription_can_be_meant(call: Call, tmp_path: Path) -> None:
    """Found by a scan of this one subscription; planning writes nothing."""
    record = tmp_path / "exchanges.jsonl"

    found = call(
        "fix", "--sandbox", "estate", "--subscription", "db-prod", "--all-failed", "--dry-run",
        "--unlock", "--restart", "-o", "json", "--record", str(record),
    )  # fmt: skip
    targets = {
        each["target"].rpartition("/")[2] for each in json.loads(found.out)["plan"]["targets"]
    }

    assert 0 == found.code
    assert {"db-01", "db-02", "db-04", "db-06"} <= targets
    # Questions to Resource Graph are POSTs that are about no subscription.
    assert ["POST "] * 4 == list_writes(record)


def test_where_nothing_fails_there_is_nothing_to_do(call: Call) -> None:
    """That is an answer, not a slip."""
    found = call("fix", "--sandbox", "healthy", "--all-failed", "--yes")

    assert (0, "Nothing to do.") == (found.code, found.out.strip())


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--cause", LIMIT), 2, "--cause needs --from-scan"),
        (("--from-scan", "FILE", "--vm", "db-01"), 2, "several ways"),
        (("--from-scan", "FILE", "--all-failed"), 2, "several ways"),
        (("--from-scan", "FILE", "--cause", "typo"), 2, "no cause 'typo'"),
        (("--from-scan", "no-such.json"), 2, "cannot be read"),
        ((), 2, "No VM is named"),
    ],
)
def test_targets_that_contradict_are_refused(
    call: Call, kept: str, arguments: tuple[str, ...], code: int, said: str
) -> None:
    """Before anything is asked of Azure."""
    given = [kept if each == "FILE" else each for each in arguments]

    found = call("fix", "--sandbox", "estate", *given, "--dry-run")

    assert code == found.code
    assert said in found.err


def test_a_scan_of_another_place_is_refused(call: Call, kept: str) -> None:
    """Its ids mean nothing here."""
    found = call("backup-now", "--sandbox", "fleet-small", "--from-scan", kept, "--yes")

    assert 4 == found.code
    assert "The scan was made in the sandbox 'estate'" in found.err
