"""What people know from the Azure CLI holds here; the table is in tests/cases/conventions.yaml."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

import pytest

from azremedy.cli.suggesting import HABITS, spread_ids
from azremedy.cli.version import list_parts
from tests.support.calls import list_writes
from tests.support.command_lines import list_commands, list_examples, parse

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.calls import Call

WORLD = ("--sandbox", "restore-point-limit")
SUBSCRIPTION = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/AzureBackupRG_westeurope_1"
LOCK = f"{GROUP}/providers/Microsoft.Authorization/locks/no-deletes"
VM = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-shop-prod"
    "/providers/Microsoft.Compute/virtualMachines/web-1"
)


def test_every_answering_command_has_az_output() -> None:
    """Every command that tells something offers all forms; the others say what they write."""
    commands = list_commands()
    others = {
        "",
        "completion",
        "config",
        "config get",
        "config path",
        "config set",
        "config unset",
        "demo",
        "docs",
        "plan",
        "plan schema",
        "playbook",
        "playbook new",
        "playbook schema",
        "sandbox",
        "sandbox capture",
        "sandbox coverage",
        "sandbox exec",
        "sandbox serve",
    }
    forms = ["table", "json", "jsonc", "jsonl", "yaml", "yamlc", "tsv", "none"]

    found = {
        name: [
            list(getattr(option.type, "choices", ()))
            for option in command.params
            if "-o" in option.opts
        ]
        for name, command in commands.items()
        if name not in others
    }

    assert {} == {name: offered for name, offered in found.items() if offered != [forms]}
    assert others <= set(commands)


def test_query_feeds_a_shell(call: Call) -> None:
    """One value comes without quotes, ready for a variable."""
    called = call("find-rg", *WORLD, "--query", "groups[0].locks[0].id", "-o", "tsv")

    assert (0, f"{LOCK}\n", "") == (called.code, called.out, called.err)


def test_ids_come_several_at_once_or_on_standard_input(call: Call) -> None:
    """``--ids A B``, ``--ids A --ids B`` and ids on standard input mean the same VMs."""
    both = [VM, VM.upper().replace("/SUBSCRIPTIONS/", "/subscriptions/")]
    end = ("--dry-run", *WORLD, "-o", "json", "--query", "plan.targets[].target")

    answers = [
        call("clean-rpc", "--ids", *both, *end).document,
        call("clean-rpc", f"--ids={both[0]}", both[1], *end).document,
        call("clean-rpc", *end, "--ids", "-", stdin="\n".join(both)).document,
        call("plan", "clean-rpc", "--out", os.devnull, "--ids", *both, "--help").code,
    ]

    assert [[VM], [VM], [VM], 0] == answers
    assert ["--ids", "-", "x", "/subscriptions/1"] == spread_ids(
        ["--ids", "-", "x", "/subscriptions/1"]
    )
    assert ["--", "--ids", VM, VM] == spread_ids(["--", "--ids", VM, VM])


def test_group_narrows_a_name(call: Call) -> None:
    """A VM is looked for in the group that -g names."""
    assert 0 == call("diagnose", "--vm", "web-1", "-g", "RG-shop-prod", *WORLD).code
    assert 6 == call("diagnose", "--vm", "web-1", "-g", "rg-other", *WORLD).code


def test_subscription_is_named_or_given_by_id(call: Call) -> None:
    """The name that Azure shows does as well as the id."""
    command = ("find-rg", *WORLD, "--query", "subscriptionId", "-o", "tsv")

    by_id = call(*command, "--subscription", SUBSCRIPTION.upper())
    by_name = call(*command, "--subscription", f"sandbox {SUBSCRIPTION[:8]}")

    assert [0, 0] == [by_id.code, by_name.code]
    assert {SUBSCRIPTION} == {by_id.out.strip().lower(), by_name.out.strip().lower()}


def test_yes_overrides_no_guard(call: Call, tmp_path: Path) -> None:
    """With --yes a refusal is still a refusal."""
    record = tmp_path / "exchanges.jsonl"

    called = call("clean-rpc", "--vm", "web-1", "--yes", *WORLD, "--record", str(record))

    assert 4 == called.code
    assert [] == list_writes(record)


def test_no_wait_is_for_backups(call: Call) -> None:
    """A backup can be left to itself; where it cannot be, the answer says why."""
    begun = ("--query", "steps[-1].job.status", "-o", "tsv")
    left = call("backup-now", "--vm", "web-1", "--no-wait", "--yes", "--sandbox", "healthy", *begun)
    both = call("backup-now", "--vm", "web-1", "--no-wait", "--wait", "job", *WORLD)
    offering = {
        name
        for name, command in list_commands().items()
        if any("--no-wait" in option.opts for option in command.params)
    }

    refused = call("clean-rpc", "--vm", "web-1", "--no-wait", *WORLD)

    assert (0, "InProgress\n") == (left.code, left.out)
    assert (2, True) == (both.code, "contradict" in both.err)
    assert {"backup-now", "fix", "plan backup-now", "plan fix"} == offering
    assert 2 == refused.code
    assert HABITS["--no-wait"] in " ".join(refused.err.split())


def test_less_or_more_is_told(call: Call) -> None:
    """Errors only, or each request, on stderr; the answer stays the same."""
    chosen = ("backup-now", "--vm", "web-1", "--yes", "--sandbox", "healthy", "-o", "json")
    short = ("--query", "state")

    quiet = call(*chosen, *short, "--only-show-errors")
    loud = call(*chosen, *short, "--debug")

    assert (0, '"done"\n', "") == (quiet.code, quiet.out, quiet.err)
    assert (0, '"done"\n') == (loud.code, loud.out)
    assert "/backup" in loud.err


def test_environment_goes_before_the_file(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """A default is kept once, and a pipeline's variable overrides it."""
    call("config", "set", "output=json")
    kept = call("config", "get", "output").out
    monkeypatch.setenv("AZREMEDY_OUTPUT", "tsv")

    assert ["json\n", "tsv\n"] == [kept, call("config", "get", "output").out]


def test_stdout_holds_the_answer_alone(call: Call) -> None:
    """Progress, notes and questions never mix with a document."""
    called = call("clean-rpc", "--vm", "web-1", "--unlock", "--yes", "-o", "json", *WORLD)

    assert "azremedy.run/1" == called.document["schema"]
    assert "deleting" in called.err


@pytest.mark.parametrize("name", list_commands())
def test_every_help_has_examples_that_parse(call: Call, name: str) -> None:
    """Every command answers -h with examples, which are command lines of this very version."""
    called = call(*name.split(), "-h")

    assert (0, "") == (called.code, called.err)
    examples = list_examples(called.out.partition("Examples:")[2])
    assert examples
    for example in examples:
        parse(shlex.split(example))


def test_typo_gets_what_was_meant(call: Call) -> None:
    """Commands, their commands, options, settings and the habits of other tools."""
    meant = {
        ("clen-rpc",): "'clean-rpc'",
        ("runs", "shwo"): "'show'",
        ("plan", "clena-rpc"): "'clean-rpc'",
        ("find-rg", "--lockd"): "--locked",
        ("config", "set", "subscripton=x"): "'subscription'",
        ("fix", "--vm", "web-1", "--auto-approve"): "--yes",
        ("fix", "-n", "web-1"): "--vm",
        ("find-rg", "--json"): "-o json",
    }

    answers = {words: call(*words) for words in meant}

    assert {2} == {answer.code for answer in answers.values()}
    assert [] == [words for words, told in meant.items() if told not in answers[words].err]


def test_version_names_its_parts(call: Call) -> None:
    """Python and the packages of the SDK are named, as they are installed."""
    called = call("--version")

    assert "azremedy, version 0.1.0" == called.out.splitlines()[0]
    parts = dict(list_parts())
    assert {"Python", "azure-identity", "azure-mgmt-compute"} <= set(parts)
    assert [f"  {name} {version}" for name, version in parts.items()] == called.out.splitlines()[1:]
