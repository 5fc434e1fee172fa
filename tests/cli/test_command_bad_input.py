"""Bad input gets one clear message, the right exit code, no traceback, and changes nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.calls import Call

SUBSCRIPTION = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-shop-prod"
VM_TYPE = "/providers/Microsoft.Compute/virtualMachines"
HEALTHY = ("--sandbox", "healthy", "--yes")

CASES = {
    "no VM": (["clean-rpc", *HEALTHY], 2, "No VM is named"),
    "unknown VM": (["clean-rpc", "--vm", "nope", *HEALTHY], 6, "There is no VM 'nope'"),
    "unknown VM by id": (
        [
            "backup-now",
            "--ids",
            f"{GROUP}/providers/Microsoft.Compute/virtualMachines/no",
            *HEALTHY,
        ],
        6,
        "There is no VM",
    ),
    "malformed id": (["clean-rpc", "--vm", "/subscriptions/x", *HEALTHY], 2, "is not a GUID"),
    "id of another type": (["clean-rpc", "--vm", GROUP, *HEALTHY], 2, "not of a virtual machine"),
    "no group": (["unlock-rg", *HEALTHY], 2, "No group is named"),
    "unknown group": (["unlock-rg", "nope", *HEALTHY], 6, "There is no resource group"),
    "group of somebody else": (
        ["unlock-rg", "rg-shop-prod", *HEALTHY],
        4,
        "is not recognisable as a restore point group",
    ),
    "unknown subscription": (
        ["find-rg", "--sandbox", "healthy", "--subscription", "nope"],
        6,
        "no subscription named 'nope'",
    ),
    "unknown subscription by id": (
        ["find-rg", "--sandbox", "healthy", "--subscription", SUBSCRIPTION.replace("1", "2")],
        6,
        "subscription",
    ),
    "empty sandbox": (["find-rg", "--sandbox", ""], 2, "--sandbox is empty"),
    "empty subscription": (["find-rg", "--subscription", ""], 2, "--subscription is empty"),
    "empty VM": (["clean-rpc", "--vm", "", *HEALTHY], 2, "is empty"),
    "name for id": (["clean-rpc", "--ids", "web-1", *HEALTHY], 2, "--ids takes whole ids"),
    "group against id": (
        ["backup-now", "--ids", f"{GROUP}{VM_TYPE}/web-1", "-g", "other", *HEALTHY],
        2,
        "is not in the resource group 'other'",
    ),
    "unknown VM to unlock": (["unlock-rg", "--vm", f"{GROUP}{VM_TYPE}/no", *HEALTHY], 6, "no VM"),
    "record without sandbox": (["find-rg", "--record", "x.jsonl"], 2, "--record needs --sandbox"),
    "exit code without dry run": (
        ["clean-rpc", "--vm", "web-1", "--detailed-exitcode", *HEALTHY],
        2,
        "--detailed-exitcode is for dry runs",
    ),
    "unknown scenario": (["find-rg", "--sandbox", "helthy"], 2, "did you mean 'healthy'?"),
    "unknown cloud": (["find-rg", "--cloud", "mars"], 2, "mars"),
    "unreachable cloud": (["find-rg", "--cloud", "https://127.0.0.1:9"], 3, "127.0.0.1:9"),
    "bad choice": (["backup-now", "--vm", "x", "--wait", "forever", *HEALTHY], 2, "forever"),
}


@pytest.mark.parametrize("case", sorted(CASES))
def test_bad_input_is_explained(call: Call, case: str) -> None:
    """The message says what is wrong, and the exit code which kind of wrong it is."""
    arguments, code, told = CASES[case]

    called = call(*arguments)

    assert code == called.code
    assert told in called.err.replace("\n", " ")
    assert "Traceback" not in called.err


def test_ambiguous_name_lists_the_candidates(call: Call, tmp_path: Path) -> None:
    """A name that two VMs have is refused with both ids."""
    path = tmp_path / "twins.json"
    groups = [f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{name}" for name in ("rg-a", "rg-b")]
    vms = [
        {"id": f"{group}/providers/Microsoft.Compute/virtualMachines/web-1", "location": "westus"}
        for group in groups
    ]
    document = {
        "schema": "azremedy.sandbox/1",
        "name": "twins",
        "title": "Two VMs of one name.",
        "now": "2026-11-20T08:00:00Z",
        "resources": vms,
    }
    path.write_text(json.dumps(document))

    called = call("clean-rpc", "--vm", "web-1", "--sandbox", str(path))

    assert called.code == 2
    assert [vm["id"] in called.err for vm in vms] == [True, True]


@pytest.mark.parametrize("given", ["{0}\n", "\ufeff{0} {0}", '["{0}"]', '[{{"id": "{0}"}}]'])
def test_ids_on_standard_input(call: Call, given: str) -> None:
    """Ids come one a line, or as the JSON that the Azure CLI writes."""
    vm_id = f"{GROUP}{VM_TYPE}/web-1"

    called = call("clean-rpc", "--vm", "-", "--dry-run", *HEALTHY, stdin=given.format(vm_id))

    assert (0, 1) == (called.code, called.out.count(f"{vm_id}\n"))


def test_broken_standard_input_is_explained(call: Call) -> None:
    """What is no list of ids is said to be none."""
    called = call("clean-rpc", "--vm", "-", "--dry-run", *HEALTHY, stdin="[{")

    assert 2 == called.code
    assert "Standard input cannot be read as ids" in called.err


def test_errors_are_documents_for_machines(call: Call) -> None:
    """With -o json an error is on stdout too, with the exit code in it."""
    called = call("clean-rpc", "--vm", "nope", "-o", "json", *HEALTHY)

    assert ("azremedy.error/1", 6) == (called.document["schema"], called.document["exitCode"])


def test_no_subscription_at_all(call: Call) -> None:
    """Without any subscription the three ways to give one are named."""
    called = call("find-rg")

    assert called.code == 2
    assert "AZURE_SUBSCRIPTION_ID" in called.err


def test_broken_scenario_names_file_and_line(call: Call, tmp_path: Path) -> None:
    """A key that scenarios do not have is shown with its line."""
    path = tmp_path / "broken.yaml"
    path.write_text("schema: azremedy.sandbox/1\nname: broken\ntitel: x\n")

    called = call("find-rg", "--sandbox", str(path))

    assert called.code == 2
    assert f"{path}" in called.err.replace("\n", "")
    assert "3" in called.err
    assert "title" in called.err


def test_refused_credentials_are_a_sign_in_problem(program: Call) -> None:
    """With no credential at all the person is told to sign in; exit code 5."""
    called = program(
        "find-rg",
        "--subscription",
        SUBSCRIPTION,
        env={"AZURE_TOKEN_CREDENTIALS": "EnvironmentCredential"},
    )

    assert called.code == 5
    assert "az login" in called.err
    assert "Traceback" not in called.err
