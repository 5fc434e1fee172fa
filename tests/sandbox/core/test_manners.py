"""ARM's manners: policies, etags, registrations, quotas, bodies and pages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.recoveryservicesbackup import RecoveryServicesBackupClient
from azure.mgmt.resource.resources import ResourceManagementClient

from azremedy.sandbox import tokens
from azremedy.sandbox.http import Answer, Request

if TYPE_CHECKING:
    from tests.sandbox.conftest import Opened, OpenWorld

APP = "rg-App"
HOST = "https://management.azure.com"
NSG = "networkSecurityGroups/web-nsg"


def send(
    opened: Opened, method: str, path: str, *, body: Any = None, headers: Any = None
) -> Answer:
    """Send a request as a signed-in client."""
    payload = b"" if body is None else json.dumps(body).encode()
    signed = {"authorization": "Bearer x", **(headers or {})}
    url = f"{HOST}{path}{'&' if '?' in path else '?'}api-version=2024-05-01"
    return opened.app.handle(Request(method=method, url=url, headers=signed, body=payload))


def code(answer: Answer) -> tuple[int, str]:
    """Give status and error code."""
    error = answer.body.get("error", {}) if isinstance(answer.body, dict) else {}
    return answer.status, error.get("code", "")


def answered(caught: pytest.ExceptionInfo[Any]) -> Any:
    """Give the error that a client raised, untyped: the SDK leaves much of it optional."""
    return caught.value


@pytest.fixture
def group(subscription: str) -> str:
    """Name the group of the small scenario's disk."""
    return f"/subscriptions/{subscription}/resourceGroups/{APP}"


@pytest.fixture
def nsg(group: str) -> dict[str, Any]:
    """Give a security group with an etag."""
    return {
        "id": f"{group}/providers/Microsoft.Network/{NSG}",
        "location": "westeurope",
        "etag": 'W/"1"',
        "properties": {"provisioningState": "Succeeded", "securityRules": []},
    }


@pytest.mark.parametrize(
    ("policy", "sent", "expected"),
    [
        ({}, ("PUT", {"location": "westeurope"}), 403),
        ({}, ("DELETE", None), 202),
        ({"effect": "denyAction"}, ("DELETE", None), 403),
        ({"effect": "denyAction"}, ("PUT", {"location": "westeurope"}), 200),
        ({"types": ["Microsoft.Compute/*"]}, ("PUT", {"location": "westeurope"}), 200),
        ({"types": ["microsoft.resources/*"]}, ("PUT", {"location": "westeurope"}), 403),
        ({"allowedLocations": ["westeurope"]}, ("PUT", {"location": "West Europe"}), 200),
        ({"allowedLocations": ["eastus"]}, ("PUT", {"location": "West Europe"}), 403),
        ({"requiredTags": ["Owner"]}, ("PUT", {"location": "westeurope"}), 403),
        ({"requiredTags": ["Owner"]}, ("PATCH", {"tags": {"owner": "me"}}), 200),
        ({"requiredTags": ["Owner"]}, ("PATCH", {"tags": {}}), 403),
        ({"scope": "/subscriptions/elsewhere"}, ("PUT", {"location": "westeurope"}), 200),
    ],
)
def test_a_policy_denies_what_it_is_about(
    open_world: OpenWorld,
    small: dict[str, Any],
    group: str,
    *,
    policy: dict[str, Any],
    sent: tuple[str, Any],
    expected: int,
) -> None:
    """Effect, scope, type, region and tags decide; everything else passes."""
    assigned = {"scope": "/", "name": "p1", **policy}

    method, body = sent
    answer = send(open_world(small | {"policies": [assigned]}), method, group, body=body)

    assert answer.status == expected


def test_a_denial_names_the_policy(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """Code, target and the assignment's ids are where clients look for them."""
    scope = f"/subscriptions/{subscription}"
    policy = {"scope": scope, "name": "p1", "displayName": "Only reading"}
    opened = open_world(small | {"policies": [policy]})
    groups = opened.client(ResourceManagementClient, subscription).resource_groups

    with pytest.raises(HttpResponseError, match="disallowed by policy") as caught:
        groups.create_or_update("new", {"location": "westeurope"})

    error = answered(caught).error
    assert (error.code, error.target) == ("RequestDisallowedByPolicy", "new")
    assert error.additional_info[0].type == "PolicyViolation"
    assert error.additional_info[0].info["policyAssignmentId"] == (
        f"{scope}/providers/Microsoft.Authorization/policyAssignments/p1"
    )


def test_a_resource_without_a_region_is_not_asked_for_tags(
    open_world: OpenWorld, small: dict[str, Any], group: str
) -> None:
    """A lock has neither region nor tags, and no policy about them stops it."""
    policy = {"scope": "/", "name": "p1", "requiredTags": ["owner"]}
    lock = f"{group}/providers/Microsoft.Authorization/locks/mine"

    answer = send(
        open_world(small | {"policies": [policy]}),
        "PUT",
        lock,
        body={"properties": {"level": "CanNotDelete"}},
    )

    assert answer.status == 201


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"if-match": 'W/"1"'}, ""),
        ({"if-match": '"1"'}, ""),
        ({"if-match": "*"}, ""),
        ({"if-match": 'W/"0"'}, "PreconditionFailed"),
        ({"if-match": '"0", "2"'}, "PreconditionFailed"),
        ({"if-none-match": "*"}, "PreconditionFailed"),
        ({"if-none-match": '"2"'}, ""),
    ],
)
def test_an_etag_is_compared(
    open_world: OpenWorld,
    small: dict[str, Any],
    nsg: dict[str, Any],
    *,
    headers: dict[str, str],
    expected: str,
) -> None:
    """A change that expects another state is refused with 412."""
    opened = open_world(small | {"resources": [*small["resources"], nsg]})

    answer = send(opened, "DELETE", nsg["id"], headers=headers)

    assert code(answer) == ((412, expected) if expected else (answer.status, ""))
    assert answer.status in {202, 204, 412}


def test_a_change_renews_the_etag(
    open_world: OpenWorld, small: dict[str, Any], nsg: dict[str, Any]
) -> None:
    """What was read before the change is no longer accepted; writing the same changes nothing."""
    documents = open_world(small | {"resources": [*small["resources"], nsg]}).world.documents

    same = documents.put(nsg)
    changed = documents.put(nsg | {"location": "northeurope"})
    own = documents.put(changed | {"location": "eastus", "etag": 'W/"own"'})

    assert same["etag"] == 'W/"1"'
    assert changed["etag"] not in {same["etag"], own["etag"]}
    assert own["etag"] == 'W/"own"'


def test_a_network_resource_is_changed_once_at_a_time(
    open_world: OpenWorld, small: dict[str, Any], nsg: dict[str, Any]
) -> None:
    """The second change is told how long to wait, and succeeds then."""
    opened = open_world(small | {"resources": [*small["resources"], nsg]})

    first = send(opened, "DELETE", nsg["id"])
    second = send(opened, "DELETE", nsg["id"])
    opened.transport.sleep(float(second.headers["Retry-After"]))
    third = send(opened, "DELETE", nsg["id"])

    assert (first.status, code(second), third.status) == (202, (429, "RetryableError"), 204)
    detail = second.body["error"]["details"][0]
    assert detail["code"] == "RetryableErrorDueToAnotherOperation"
    assert f"can be retried in {second.headers['Retry-After']} seconds." in detail["message"]


@pytest.mark.usefixtures("unrecorded")
def test_a_provider_must_be_registered(
    open_world: OpenWorld, small: dict[str, Any], subscription: str, nsg: dict[str, Any]
) -> None:
    """Nothing is made with it before, and registering takes its time."""
    opened = open_world(small | {"unregistered": ["microsoft.network"]})
    providers = opened.client(ResourceManagementClient, subscription).providers

    def state() -> str:
        return str(providers.get("Microsoft.Network").registration_state)

    states = [state()]
    refused = send(opened, "PUT", nsg["id"], body={"location": "westeurope", "properties": {}})
    providers.register("Microsoft.Network")
    states.append(state())
    opened.transport.sleep(60)
    states.append(state())

    assert code(refused) == (409, "MissingSubscriptionRegistration")
    assert refused.body["error"]["details"][0]["target"] == "Microsoft.Network"
    assert states == ["NotRegistered", "Registering", "Registered"]
    made = send(opened, "PUT", nsg["id"], body={"location": "westeurope", "properties": {}})
    assert made.status == 201


@pytest.mark.usefixtures("unrecorded")
@pytest.mark.parametrize(
    "body", [[], "text", 3, {"properties": []}, {"tags": "x"}, {"location": {"a": 1}}]
)
def test_a_body_of_another_shape_is_refused(
    open_world: OpenWorld, small: dict[str, Any], group: str, body: Any
) -> None:
    """Whatever the provider, the document must be an object of the usual parts."""
    answer = send(open_world(small), "PUT", group, body=body)

    assert code(answer) == (400, "InvalidRequestContent")


@pytest.mark.usefixtures("unrecorded")
@pytest.mark.parametrize("top", ["0", "-1", "many", "1.5", "²"])
def test_a_page_has_a_size(
    open_world: OpenWorld, small: dict[str, Any], subscription: str, top: str
) -> None:
    """`$top` is a number from 1."""
    path = f"/subscriptions/{subscription}/resources?$top={top}"

    assert code(send(open_world(small), "GET", path)) == (400, "InvalidTopQueryParameter")


@pytest.mark.parametrize("size", [1, 2, 7])
def test_small_pages_hold_the_whole(open_world: OpenWorld, size: int) -> None:
    """However small the pages, the SDK's pagers find every machine, disk and group once."""
    opened = open_world("fleet-small", page_size=size)
    whole = open_world("fleet-small", page_size=10_000)
    subscription = opened.world.documents.of_type("Microsoft.Resources/subscriptions")[0]

    def ids(of: Opened) -> list[str]:
        resources = of.client(ResourceManagementClient, subscription["subscriptionId"])
        compute = of.client(ComputeManagementClient, subscription["subscriptionId"])
        found = [*resources.resources.list(), *resources.resource_groups.list()]
        return [str(each.id) for each in [*found, *compute.virtual_machines.list_all()]]

    assert ids(opened) == ids(whole)


def test_a_client_gets_its_own_request_id_back(
    open_world: OpenWorld, small: dict[str, Any]
) -> None:
    """Only when it asks."""
    mine = {"x-ms-client-request-id": "mine"}
    opened = open_world(small)

    silent = send(opened, "GET", "/subscriptions", headers=mine)
    asked = send(
        opened, "GET", "/subscriptions", headers=mine | {"x-ms-return-client-request-id": "true"}
    )

    assert "x-ms-client-request-id" not in silent.headers
    assert asked.headers["x-ms-client-request-id"] == "mine"


@pytest.mark.parametrize(
    ("principals", "expected"),
    [
        ({}, 403),
        ({"principals": [{"id": "00000000-0000-0000-0000-000000000000"}]}, 403),
        ({"principals": [{"id": tokens.CALLER_OBJECT}]}, 403),
        ({"principals": [{"id": "somebody"}]}, 200),
        ({"excludePrincipals": [{"id": tokens.CALLER_OBJECT}]}, 200),
    ],
)
def test_a_denial_is_about_its_principals(
    open_world: OpenWorld,
    small: dict[str, Any],
    group: str,
    *,
    principals: dict[str, Any],
    expected: int,
) -> None:
    """Everybody, the caller or somebody else; who is excluded is spared."""
    denial = {
        "id": f"{group}/providers/Microsoft.Authorization/denyAssignments/d1",
        "properties": {"scope": group, "permissions": [{"actions": ["*/read"]}], **principals},
    }
    opened = open_world(small | {"resources": [*small["resources"], denial]})

    assert send(opened, "GET", group).status == expected


def test_computes_quota_falls_and_is_kept(open_world: OpenWorld, small: dict[str, Any]) -> None:
    """Each VM has twelve changes at once, and gets four of them back in a minute."""
    base = open_world("healthy").world.export()
    opened = open_world({**base, "limits": {"compute": True}})
    vm = opened.world.documents.of_type("Microsoft.Compute/virtualMachines")[0]["id"]

    def left(answer: Answer) -> str:
        return str(answer.headers["x-ms-ratelimit-remaining-resource"].rpartition(";")[2])

    answers = [send(opened, "POST", f"{vm}/restart") for _ in range(12)]
    refused = send(opened, "POST", f"{vm}/restart")

    assert [left(answer) for answer in answers] == [str(n) for n in range(11, -1, -1)]
    assert code(refused) == (429, "OperationNotAllowed")
    assert refused.body["error"]["details"][0]["target"] == "UpdateVMResource"
    assert refused.headers["Retry-After"] == "15"
    opened.transport.sleep(15)
    assert send(opened, "POST", f"{vm}/restart").status == 202
    assert left(send(opened, "GET", vm)) == "35"


def test_jobs_are_read_so_often_in_an_hour(open_world: OpenWorld) -> None:
    """The window begins with the first read; reads of another kind have their own."""
    base = open_world("healthy").world.export()
    opened = open_world({**base, "limits": {"vaultReads": 3}})
    vault = opened.world.documents.of_type("Microsoft.RecoveryServices/vaults")[0]["id"]
    parts = vault.split("/")
    client = opened.client(RecoveryServicesBackupClient, parts[2], retry_total=0)

    def read() -> str:
        try:
            list(client.backup_jobs.list(parts[-1], parts[4]))
        except HttpResponseError as error:
            return str(error.error.code if error.error else "")
        return "read"

    assert [read() for _ in range(4)] == ["read"] * 3 + ["ResourceRequestsThrottled"]
    assert list(client.backup_policies.list(parts[-1], parts[4]))
    refused = send(opened, "GET", f"{vault}/backupJobs")
    assert (
        "exceeded the limit of '3' for time interval '01:00:00'" in refused.body["error"]["message"]
    )
    opened.transport.sleep(float(refused.headers["Retry-After"]))
    assert read() == "read"
