"""How resource ids are taken apart."""

from __future__ import annotations

import pytest

from azremedy.sandbox import arm_ids

GROUP = "/subscriptions/s-1/resourceGroups/rg-App"
VM = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/web-1"


def test_a_child_resource_knows_its_parent() -> None:
    """A VM extension hangs beneath the VM and belongs to the group's scope."""
    parsed = arm_ids.parse(f"{VM}/extensions/VMSnapshot")

    assert (parsed.type, parsed.name) == (
        "Microsoft.Compute/virtualMachines/extensions",
        "VMSnapshot",
    )
    assert (parsed.parent, parsed.scope) == (VM, GROUP)
    assert (parsed.subscription, parsed.group) == ("s-1", "rg-App")


def test_a_lock_knows_what_it_locks() -> None:
    """The scope of an extension resource is the resource before its own `/providers/`."""
    parsed = arm_ids.parse(f"{VM}/providers/Microsoft.Authorization/locks/keep")

    assert (parsed.scope, parsed.parent) == (VM, VM)
    assert parsed.type == "Microsoft.Authorization/locks"


@pytest.mark.parametrize(
    ("text", "kind", "name", "parent"),
    [
        ("/subscriptions/s-1", "Microsoft.Resources/subscriptions", "s-1", ""),
        (GROUP + "/", "Microsoft.Resources/resourceGroups", "rg-App", "/subscriptions/s-1"),
        ("/providers/Microsoft.Authorization/roleDefinitions/r", None, "r", ""),
    ],
)
def test_containers_and_tenant_resources(
    text: str, kind: str | None, name: str, parent: str
) -> None:
    """Subscriptions, groups and resources of the tenant are ids too."""
    parsed = arm_ids.parse(text)

    assert parsed.type == (kind or "Microsoft.Authorization/roleDefinitions")
    assert (parsed.name, parsed.parent) == (name, parent)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "/subscriptions",
        f"{GROUP}/x",
        f"{GROUP}/providers/Microsoft.Compute",
        "/a//b",
        "web",
    ],
)
def test_what_is_no_id_is_refused(text: str) -> None:
    """A list, an action or a name is not the id of one resource."""
    with pytest.raises(ValueError, match="'"):
        arm_ids.parse(text)


def test_ids_are_compared_without_case_and_by_whole_names() -> None:
    """web-10 is not beneath web-1."""
    assert arm_ids.within(VM.upper(), GROUP)
    assert arm_ids.within(VM, "/")
    assert not arm_ids.within(VM + "0", VM)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (
            f"{GROUP}/providers/Microsoft.Compute/virtualMachines",
            "Microsoft.Compute/virtualMachines",
        ),
        (f"{VM}/extensions", "Microsoft.Compute/virtualMachines/extensions"),
        ("/subscriptions/s-1/resourceGroups", "Microsoft.Resources/resourceGroups"),
        ("/tenants", ""),
    ],
)
def test_the_type_of_a_list(path: str, expected: str) -> None:
    """A list is of the type that it lists."""
    assert arm_ids.type_of_path(path) == expected
