"""What the scenario's caller may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.mgmt.resource.locks import ManagementLockClient
from azure.mgmt.resource.resources import ResourceManagementClient

from azremedy.sandbox import rbac, tokens
from azremedy.sandbox.http import Request

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from azremedy.sandbox.http import Json
    from tests.sandbox.conftest import Opened, OpenWorld

APP = "rg-App"
GROUP_TYPE = "Microsoft.Resources/resourceGroups"


def answered(caught: pytest.ExceptionInfo[Any]) -> Any:
    """Give the error that a client raised, untyped: the SDK leaves much of it optional."""
    return caught.value


def reader(subscription: str) -> dict[str, Any]:
    """Give the part of a scenario that makes the caller a reader of one group."""
    scope = f"/subscriptions/{subscription}/resourceGroups/{APP}"
    return {"caller": [{"scope": scope, "actions": ["*/read"], "notActions": ["*/locks/read"]}]}


def asked(opened: Opened, path: str) -> Json:
    """Ask for a path in Microsoft.Authorization at the scope of the caller's grant."""
    scope = opened.world.scenario.caller[0].scope
    provider = f"{scope}/providers/Microsoft.Authorization"
    url = f"https://management.azure.com{provider}/{path}?api-version=2022-04-01"
    headers = {"authorization": "Bearer x"}
    return opened.app.handle(Request(method="GET", url=url, headers=headers)).body


def test_an_action_that_was_not_granted_is_refused(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """The refusal names caller, action and scope."""
    opened = open_world(small | reader(subscription))
    groups = opened.client(ResourceManagementClient, subscription).resource_groups

    with pytest.raises(HttpResponseError) as caught:
        groups.begin_delete(APP)

    assert answered(caught).status_code == 403
    assert answered(caught).error.code == "AuthorizationFailed"
    assert (
        "does not have authorization to perform action "
        "'Microsoft.Resources/subscriptions/resourceGroups/delete' over scope "
        f"'/subscriptions/{subscription}/resourcegroups/{APP}' or the scope is invalid."
    ) in answered(caught).error.message


def test_not_actions_take_from_their_grant(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """A reader without lock rights reads the group and not its locks."""
    opened = open_world(small | reader(subscription))
    groups = opened.client(ResourceManagementClient, subscription).resource_groups
    locks = opened.client(ManagementLockClient, subscription).management_locks

    assert groups.get(APP).name == APP
    with pytest.raises(HttpResponseError, match=r"Microsoft\.Authorization/locks/read"):
        list(locks.list_at_resource_group_level(APP))


def test_lists_hold_only_what_may_be_read(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """Groups, resources and subscriptions beyond the caller's rights are left out, not refused."""
    opened = open_world(small | reader(subscription))
    client = opened.client(ResourceManagementClient, subscription)

    assert [group.name for group in client.resource_groups.list()] == [APP]
    assert [each.name for each in client.resources.list()] == ["data-1"]
    nobody = open_world(small | {"caller": []}).client(ResourceManagementClient, subscription)
    assert list(nobody.resource_groups.list()) == []


def test_a_deny_assignment_outweighs_a_grant(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """An Owner is refused too, with a code of its own; other actions pass."""
    group = f"/subscriptions/{subscription}/resourceGroups/{APP}"
    denial = {
        "id": f"{group}/providers/Microsoft.Authorization/denyAssignments/d1",
        "properties": {
            "denyAssignmentName": "managed",
            "scope": group,
            "permissions": [{"actions": ["*"], "notActions": ["*/read"]}],
        },
    }
    opened = open_world(small | {"resources": [*small["resources"], denial]})
    groups = opened.client(ResourceManagementClient, subscription).resource_groups

    with pytest.raises(HttpResponseError, match="deny assignment with name 'managed'") as caught:
        groups.begin_delete(APP)
    assert answered(caught).error.code == "DenyAssignmentAuthorizationFailed"
    assert groups.get(APP).name == APP


def test_the_caller_can_ask_what_it_may_do(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """Permissions, role definitions and assignments all tell the scenario's grants."""
    opened = open_world(small | reader(subscription))

    permissions = asked(opened, "permissions")["value"]
    definitions = asked(opened, "roleDefinitions")["value"]
    assignments = asked(opened, "roleAssignments")["value"]

    assert permissions == [
        {
            "actions": ["*/read"],
            "notActions": ["*/locks/read"],
            "dataActions": [],
            "notDataActions": [],
        }
    ]
    assert definitions[0]["properties"]["permissions"] == permissions
    assert assignments[0]["properties"]["roleDefinitionId"] == definitions[0]["id"]
    assert asked(opened, f"roleDefinitions/{definitions[0]['name']}") == definitions[0]
    assert asked(opened, f"roleAssignments/{assignments[0]['name']}") == assignments[0]
    assert asked(opened, "denyAssignments")["value"] == []
    assert asked(opened, "denyAssignments/none")["error"]["code"] == "ResourceNotFound"


def test_an_owner_has_the_built_in_role(open_world: OpenWorld, small: dict[str, Any]) -> None:
    """Without a caller in the scenario it is Owner of everything; others' roles are shown too."""
    home = "/providers/Microsoft.Authorization"
    other = {
        "id": f"{home}/roleAssignments/r1",
        "properties": {"principalId": "p", "roleDefinitionId": "r"},
    }
    opened = open_world(small | {"resources": [*small["resources"], other]})
    base = (
        f"https://management.azure.com{opened.world.documents.of_type(GROUP_TYPE)[0]['id']}{home}"
    )

    def listed(kind: str) -> Json:
        url = f"{base}/{kind}?api-version=2022-04-01"
        headers = {"authorization": "Bearer x"}
        return opened.app.handle(Request(method="GET", url=url, headers=headers)).body

    definition = listed("roleDefinitions")["value"][0]
    assert definition["properties"]["roleName"] == "Owner"
    assert definition["properties"]["assignableScopes"] == ["/"]
    assert listed("roleAssignments/R1")["id"] == other["id"]
    assert [each["properties"]["principalId"] for each in listed("roleAssignments")["value"]] == [
        tokens.CALLER_OBJECT,
        "p",
    ]


def test_authorization_traffic_passes_the_contract(
    open_world: OpenWorld,
    small: dict[str, Any],
    subscription: str,
    contract_check: Callable[[Path], str],
) -> None:
    """Microsoft's documents have nothing against any of these exchanges."""
    opened = open_world(small | reader(subscription))
    for path in ("permissions", "roleDefinitions", "roleAssignments", "denyAssignments"):
        asked(opened, path)

    assert contract_check(opened.exchanges).endswith(" 0 violations")


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/subscriptions/s/resourceGroups", "/subscriptions/s"),
        ("GET", "/subscriptions/s/resourceGroups/g", "/subscriptions/s/resourceGroups/g"),
        (
            "POST",
            "/subscriptions/s/resourceGroups/g/providers/N.S/vms/v/restart",
            "/subscriptions/s/resourceGroups/g/providers/N.S/vms/v",
        ),
        (
            "GET",
            "/subscriptions/s/providers/N.S/vms",
            "/subscriptions/s/providers/N.S",
        ),
    ],
)
def test_the_scope_of_a_request(method: str, path: str, scope: str) -> None:
    """An action counts at its resource, a list where it lists."""
    request = Request(method=method, url=f"https://h{path}?api-version=2024-01-01")

    assert rbac.scope_of(request) == scope
