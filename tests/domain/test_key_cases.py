"""Plan rights in key vaults: each file in tests/cases/keys holds a world, options and the plan."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from azremedy.domain.case import Case
from azremedy.domain.keys import KeyVault, RoleGrant, find_policy, list_lacking
from azremedy.domain.planner.keys import GrantOptions, make_assignment, plan_grant_keyvault
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from azremedy.domain.planner.assemble import Section
    from tests.domain.conftest import ReadCase, ShowPlan

CASES = Path(__file__).resolve().parents[1] / "cases" / "keys"
SERVICE = "0c9f2b1e-5d44-4a0b-8a61-3f4e5d6c7b8a"
VAULT = KeyVault(
    id=ResourceId.parse(
        "/subscriptions/5f0c2a6e-8d41-4b7a-9c35-2e1d7a90b8f4/resourceGroups/rg-web"
        "/providers/Microsoft.KeyVault/vaults/kv-web"
    ),
    tenant_id="7a6b5c4d-3e2f-4a1b-8c9d-0e1f2a3b4c5d",
    by_roles=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCase:
    """A VM's world, what the caller allows, and the plan."""

    about: str
    """What the case shows."""
    case: Case
    """The world."""
    expected: dict[str, list[str]]
    """The plan's parts in short; parts that are empty are left out."""
    rights: list[str] = field(default_factory=list)
    """The steps' rights, or the role's id, one line for each step that gives something."""
    options: GrantOptions = field(default_factory=GrantOptions)
    """What the caller allows."""


def rights_of(section: Section) -> list[str]:
    """Tell what each step gives."""
    told = []
    for draft in section.drafts:
        match draft.step.kind:
            case "AddVaultAccess":
                told.append(
                    f"keys {','.join(draft.step.keys)} secrets {','.join(draft.step.secrets)}"
                )
            case "AddRoleAssignment":
                told.append(draft.step.role_definition_id.rpartition("/")[2])
    return told


@pytest.mark.parametrize("path", sorted(CASES.glob("*.yaml")), ids=lambda path: path.stem)
def test_key_case(path: Path, read_case: ReadCase, show_plan: ShowPlan) -> None:
    """The plan is what the file says: steps with their rights, restores, verdicts and notes."""
    case = read_case(path, KeyCase)
    evidence = case.case.as_evidence()
    assert evidence is not None

    section = plan_grant_keyvault(
        evidence, case.case.keys, disks=case.case.disks, options=case.options
    )

    assert case.expected == show_plan(section)
    assert case.rights == rights_of(section)


def test_same_grant_has_one_name() -> None:
    """Planned twice, whatever the case of ids, an assignment has the same name; others differ."""
    first = make_assignment(VAULT, SERVICE)
    again = make_assignment(VAULT, SERVICE.upper())
    other = make_assignment(VAULT, SERVICE.replace("0c", "1c"))

    assert first.assignment_id == again.assignment_id
    assert first.assignment_id != other.assignment_id


def test_all_is_every_right() -> None:
    """A principal with the right 'all' lacks nothing."""
    assert () == list_lacking(("get", "list"), ("all",))


def test_stranger_has_no_rights() -> None:
    """A principal without an access policy has no rights."""
    found = find_policy(VAULT, SERVICE)

    assert ((), ()) == (found.keys, found.secrets)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("*", True), ("Microsoft.KeyVault/vaults/keys/*", True), ("*/read", False), ("", False)],
)
def test_wildcards_of_data_actions(pattern: str, expected: bool) -> None:  # noqa: FBT001 - a case
    """An asterisk in a data action stands for any text."""
    grant = RoleGrant(assignment_id="", scope="/", role_definition_id="", data_actions=(pattern,))

    assert expected == grant.allows("Microsoft.KeyVault/vaults/keys/backup/action")
