"""Key vaults and roles on the wire: what is read of them, and what a change sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from azremedy.domain.keys import AccessPolicy
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from tests.gateways.conftest import Scripted

VAULT = ResourceId.parse(
    "/subscriptions/5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001/resourceGroups/rg-shop"
    "/providers/Microsoft.KeyVault/vaults/kv-shop"
)
TENANT = "11111111-1111-1111-1111-111111111111"
SERVICE = "77777777-7777-7777-7777-777777777777"


def vault(**properties: Any) -> Any:
    """Write a key vault as Azure answers it."""
    return {"id": str(VAULT), "properties": {"tenantId": TENANT, **properties}}


def policy(*, object_id: str = SERVICE, **more: Any) -> Any:
    """Write an access policy that the portal saved: it writes rights with a capital."""
    permissions = {"keys": ["Get", "WrapKey"], "secrets": ["Get", "List"]}
    return {"tenantId": TENANT, "objectId": object_id, "permissions": permissions, **more}


def test_rights_are_read_in_lower_case(scripted: Scripted) -> None:
    """However Azure spells rights, they can be compared."""
    azure = scripted.play(scripted.reply(body=vault(accessPolicies=[policy()])))

    found = azure.key_vaults.get_vault(VAULT)

    expected = AccessPolicy(object_id=SERVICE, keys=("get", "wrapkey"), secrets=("get", "list"))
    assert (expected,) == found.policies
    assert (TENANT, False) == (found.tenant_id, found.by_roles)


def test_rights_of_an_application_acting_for_the_service_are_not_its_own(
    scripted: Scripted,
) -> None:
    """A policy with an application id lets only that pair in."""
    compound = policy(applicationId="99999999-9999-9999-9999-999999999999")
    azure = scripted.play(scripted.reply(body=vault(accessPolicies=[compound])))

    assert () == azure.key_vaults.get_vault(VAULT).policies


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({}, False),
        ({"networkAcls": {"defaultAction": "Allow", "bypass": "None"}}, False),
        ({"networkAcls": {"defaultAction": "Deny", "bypass": "AzureServices"}}, False),
        ({"networkAcls": {"defaultAction": "Deny"}}, False),
        ({"networkAcls": {"defaultAction": "Deny", "bypass": "None"}}, True),
        ({"publicNetworkAccess": "disabled", "networkAcls": {"bypass": "none"}}, True),
    ],
)
def test_firewall_that_shuts_services_out(
    scripted: Scripted,
    properties: Any,
    expected: bool,  # noqa: FBT001 - a case
) -> None:
    """Only a firewall without a bypass keeps Azure's own services out."""
    azure = scripted.play(scripted.reply(body=vault(**properties)))

    assert expected == azure.key_vaults.get_vault(VAULT).shuts_services_out


def test_addition_sends_the_rights_alone(scripted: Scripted) -> None:
    """Kinds without a right are left out, and the receipt names the request."""
    azure = scripted.play(scripted.reply(body={}, headers={"x-ms-request-id": "r-1"}))

    receipt = azure.key_vaults.add_access(
        VAULT, AccessPolicy(object_id=SERVICE, secrets=("get", "list")), tenant_id=TENANT
    )

    (sent,) = scripted.transport.sent
    entry = {
        "tenantId": TENANT,
        "objectId": SERVICE,
        "permissions": {"secrets": ["get", "list"]},
    }
    assert ("PUT", f"{VAULT}/accessPolicies/add") == (sent.method, sent.path)
    assert {"properties": {"accessPolicies": [entry]}} == sent.body
    assert "r-1" == receipt.request_id


def test_removal_names_rights_as_the_vault_spells_them(scripted: Scripted) -> None:
    """Rights that somebody saved with capitals are taken back as well, those of others stay."""
    other = policy(object_id="88888888-8888-8888-8888-888888888888")
    azure = scripted.play(
        scripted.reply(body=vault(accessPolicies=[other, policy()])), scripted.reply(body={})
    )

    azure.key_vaults.remove_access(
        VAULT,
        AccessPolicy(object_id=SERVICE.upper(), keys=("get",), secrets=("list", "backup")),
        tenant_id=TENANT,
    )

    sent = scripted.transport.sent[-1]
    (entry,) = sent.body["properties"]["accessPolicies"]
    assert f"{VAULT}/accessPolicies/remove" == sent.path
    assert {"keys": ["Get"], "secrets": ["List"]} == entry["permissions"]


def test_all_pages_of_roles_are_read(scripted: Scripted) -> None:
    """A list that goes on is followed to its end."""
    properties = {"principalId": SERVICE, "scope": "/", "roleDefinitionId": "/r/1"}
    entry = {"id": "/a/1", "properties": properties}
    following = f"https://management.azure.com{VAULT}/more?api-version=2022-04-01"
    azure = scripted.play(
        scripted.reply(body={"value": [entry], "nextLink": following}),
        scripted.reply(body={"value": [{**entry, "id": "/a/2"}]}),
    )

    found = azure.roles.list_assignments(VAULT, SERVICE)

    assert ["/a/1", "/a/2"] == [each.id for each in found]
    assert "$filter=atScope()%20and%20assignedTo('7777" in scripted.transport.sent[0].url


@pytest.mark.parametrize(("status", "expected"), [(200, False), (204, True)])
def test_removal_of_a_role_tells_whether_there_was_one(
    scripted: Scripted,
    status: int,
    expected: bool,  # noqa: FBT001 - a case
) -> None:
    """204 means that there was nothing to remove."""
    azure = scripted.play(scripted.reply(status=status, body={} if status == 200 else None))
    assignment_id = ResourceId.parse(
        f"{VAULT}/providers/Microsoft.Authorization/roleAssignments/{SERVICE}"
    )

    assert expected == azure.roles.delete_assignment(assignment_id).already_gone
