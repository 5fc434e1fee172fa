"""``azremedy check-access`` and ``azremedy role``: what is missing, and the role that has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.support.calls import list_writes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.calls import Call

SUBSCRIPTION = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"
ROOT = f"/subscriptions/{SUBSCRIPTION}"
LIMIT = "restore-point-limit"
WAYS = ("--vm", "web-1", "--unlock", "--yes")


@pytest.fixture
def limited(tmp_path: Path) -> Callable[..., str]:
    """Write a scenario whose caller has some rights only, and give its path."""

    def written(*actions: str, without: tuple[str, ...] = (), **more: Any) -> str:
        grant = {"scope": more.pop("scope", "/"), "actions": [*actions], "notActions": [*without]}
        document = {
            "schema": "azremedy.sandbox/1",
            "extends": more.pop("world", LIMIT),
            "name": "limited",
            "title": "Somebody who may not do everything.",
            "caller": [grant],
            **more,
        }
        path = tmp_path / "limited.yaml"
        path.write_text(yaml.safe_dump(document), encoding="utf-8")
        return str(path)

    return written


def test_who_has_everything_is_told_so(call: Call) -> None:
    """Each permission is a row with a role that has it; the exit code is 0."""
    called = call("check-access", "clean-rpc", "--vm", "web-1", "--sandbox", LIMIT)

    assert 0 == called.code
    assert "Microsoft.Authorization/locks/write" in called.out
    assert "User Access Administrator" in called.out
    assert "Nothing is missing." in called.out
    assert "Data actions" in called.out


def test_what_is_missing_is_counted(call: Call, limited: Callable[..., str]) -> None:
    """A missing must ends with 5; what only a flag needs does not."""
    may_not = limited("*", without=("*/restorePointCollections/delete", "*/locks/write"))

    called = call("check-access", "clean-rpc", "--vm", "web-1", "--sandbox", may_not, "-o", "json")

    assert 5 == called.code
    lines = [each for each in called.document["lines"] if each["holding"] != "have"]
    assert [
        ("Microsoft.Compute/restorePointCollections/delete", "must", "Contributor"),
        ("Microsoft.Authorization/locks/write", "should", "User Access Administrator"),
    ] == list(dict.fromkeys((each["action"], each["weight"], each["role"]) for each in lines))
    assert {"missing"} == {each["holding"] for each in lines}
    assert "azremedy.access/1" == called.document["schema"]


def test_what_is_missing_is_said_once_more_at_the_end(
    call: Call, limited: Callable[..., str]
) -> None:
    """A long table hides the one row that matters."""
    may_not = limited("*", without=("*/backup/action",))

    called = call("check-access", "backup-now", "--vm", "web-1", "--sandbox", may_not)

    item = "Microsoft.RecoveryServices/Vaults/backupFabrics/protectionContainers/protectedItems"
    assert 5 == called.code
    assert (
        f"missing: {item}/backup/action at vault-shop in group rg-backup, for backup-now: "
        "Backup Operator\n1 permission missing.\n"
    ) in called.out


def test_what_only_a_flag_needs_is_marked(call: Call, limited: Callable[..., str]) -> None:
    """Who takes no lock off needs no right to."""
    may_not = limited("*", without=("*/locks/write", "*/locks/delete"))

    called = call("check-access", "clean-rpc", "--vm", "web-1", "--sandbox", may_not)

    assert 0 == called.code
    assert "not always" in called.out
    assert "Nothing is missing." in called.out


def test_a_denial_is_named(call: Call, limited: Callable[..., str]) -> None:
    """A deny assignment is told by its name."""
    denial = {
        "id": f"{ROOT}/providers/Microsoft.Authorization/denyAssignments/{SUBSCRIPTION}",
        "properties": {"denyAssignmentName": "stack", "permissions": [{"actions": ["*/backup/*"]}]},
    }

    called = call(
        *("check-access", "backup-now", "--vm", "web-1", "-o", "json"),
        *("--sandbox", limited("*", resources=[denial])),
    )

    assert 5 == called.code
    (line,) = [each for each in called.document["lines"] if each["holding"] == "denied"]
    assert "stack" == line["why"]


def test_what_could_not_be_read_is_not_missing(call: Call, limited: Callable[..., str]) -> None:
    """Who may not look up roles at the subscription is told that it is not known: exit code 3."""
    scope = f"{ROOT}/resourceGroups/rg-shop-prod"

    called = call("check-access", "find-rg", "--sandbox", limited("*", scope=scope))
    musts = call("check-access", "unlock-rg", "--sandbox", limited("*", scope=scope))

    assert (3, 3) == (called.code, musts.code)
    assert "not read" in musts.out
    assert "not everything could be read" in musts.out


def test_deny_assignments_that_are_not_shown_are_a_gap(
    call: Call, limited: Callable[..., str]
) -> None:
    """Roles alone do not tell: what may be denied is not known, and that is said."""
    world = limited("*", without=("*/denyAssignments/read",))

    called = call("check-access", "backup-now", "--vm", "web-1", "--sandbox", world)

    assert 3 == called.code
    assert "not read: deny assignments of" in called.out


def test_a_vm_that_cannot_be_read_is_no_reason_to_stop(
    call: Call, limited: Callable[..., str]
) -> None:
    """Who lacks permissions is just who asks: the subscription is asked instead."""
    vm = f"{ROOT}/resourceGroups/rg-shop-prod/providers/Microsoft.Compute/virtualMachines/web-1"
    world = limited("Microsoft.Authorization/*/read")

    called = call("check-access", "backup-now", "--ids", vm, "--sandbox", world, "-o", "json")

    assert 5 == called.code
    places = {each["scope"] for each in called.document["lines"] if "Vaults" in each["action"]}
    assert {ROOT} == places


def test_all_commands_are_checked_when_none_is_named(call: Call) -> None:
    """Each command is one group of rows, and is named once."""
    called = call("check-access", "--sandbox", LIMIT)

    assert 0 == called.code
    assert 1 == called.out.count("reset-extension ")


def test_a_command_that_needs_nothing_is_a_usage_error(call: Call) -> None:
    """The known ones are listed."""
    called = call("check-access", "explain", "--sandbox", LIMIT)

    assert 2 == called.code
    assert "clean-rpc --orphaned" in called.err


@pytest.mark.parametrize("how", ["--dry-run", "--yes"])
def test_a_limited_caller_is_refused_before_the_first_write(
    call: Call, limited: Callable[..., str], tmp_path: Path, how: str
) -> None:
    """A dry run says the same as the run: exit code 5, the action, the place, a role."""
    record = tmp_path / "exchanges.jsonl"
    world = limited("*", without=("Microsoft.Compute/restorePointCollections/delete",))

    called = call(
        *("clean-rpc", "--vm", "web-1", "--unlock", "--accept-loss", how),
        *("--sandbox", world, "--record", str(record)),
    )

    assert 5 == called.code
    told = " ".join(called.out.split())
    assert "needs Microsoft.Compute/restorePointCollections/delete at" in told
    assert "a role that has it: Contributor" in told
    assert [] == list_writes(record)


def test_roles_are_listed_for_people(call: Call) -> None:
    """Three roles, each with what it is for."""
    called = call("role", "--for", "all", "--subscription", SUBSCRIPTION)

    assert 0 == called.code
    titles = [line.split(":")[0] for line in called.out.splitlines() if line[:1].isalpha()]
    assert ["azremedy diagnose", "azremedy operate", "azremedy unlock"] == titles[:3]


def test_one_role_is_what_the_azure_cli_takes(call: Call) -> None:
    """With --part the answer is one definition."""
    called = call(
        *(
            "role",
            "--for",
            "clean-rpc",
            "--part",
            "operate",
            "--name-prefix",
            "backup",
            "-o",
            "json",
        ),
        *("--subscription", SUBSCRIPTION, "--subscription", "0" * 8 + SUBSCRIPTION[8:]),
    )

    role = called.document
    assert "backup operate" == role["Name"]
    assert [
        "Microsoft.Compute/restorePointCollections/delete",
        "Microsoft.Compute/restorePointCollections/restorePoints/delete",
    ] == role["Actions"]
    assert [ROOT, "/subscriptions/" + "0" * 8 + SUBSCRIPTION[8:]] == role["AssignableScopes"]


def test_without_a_part_all_are_given(call: Call) -> None:
    """As JSON it is a list then."""
    called = call("role", "--for", "clean-rpc", "--subscription", SUBSCRIPTION, "-o", "json")

    assert 3 == len(called.document)


def test_a_kept_plan_has_its_own_roles(call: Call, tmp_path: Path) -> None:
    """They give what the plan's steps need, in the plan's own subscription."""
    plan = tmp_path / "plan.json"
    call(
        "plan",
        "reset-extension",
        "--vm",
        "app-1",
        "--sandbox",
        "stuck-extension",
        "--out",
        str(plan),
    )

    called = call("role", "--for", str(plan), "--part", "operate", "-o", "json")

    assert ["Microsoft.Compute/virtualMachines/extensions/delete"] == called.document["Actions"]
    assert [ROOT] == called.document["AssignableScopes"]


def test_a_role_from_here_lets_its_command_run(
    call: Call, limited: Callable[..., str], tmp_path: Path
) -> None:
    """Whoever is given the printed roles, and nothing else, can do the work."""
    made = call("role", "--for", "clean-rpc", "--subscription", SUBSCRIPTION, "-o", "json")
    actions = [action for role in made.document for action in role["Actions"]]
    world = limited(*actions, scope=ROOT)

    checked = call("check-access", "clean-rpc", "--vm", "web-1", "--sandbox", world)
    called = call("clean-rpc", *WAYS, "--sandbox", world)

    assert (0, 0) == (checked.code, called.code)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--for", "clean-rpc"), "No subscription is named"),
        (("--for", "clean-rpc", "--subscription", "prod"), "'prod' is not a subscription's id"),
        (("--for", "explain", "--subscription", SUBSCRIPTION), "no command that needs"),
        (("--for", "find-rg", "--part", "unlock", "--subscription", SUBSCRIPTION), "needs no role"),
        (("--for", "all", "--name-prefix", " ", "--subscription", SUBSCRIPTION), "is empty"),
    ],
)
def test_what_makes_no_role_is_a_usage_error(
    call: Call, arguments: tuple[str, ...], told: str
) -> None:
    """The message says what is wrong."""
    called = call("role", *arguments)

    assert 2 == called.code
    assert told in called.err
