"""Whatever the world and whatever is sent: the sandbox answers as ARM would, and never fails."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from azremedy.sandbox.app import App
from azremedy.sandbox.http import Answer, Request
from azremedy.sandbox.providers import ROUTES
from azremedy.sandbox.scenario import Grant, Limits, Policy, Scenario
from azremedy.sandbox.world import World

if TYPE_CHECKING:
    from azremedy.sandbox.routing import Route

SUBSCRIPTION = "00000000-0000-0000-0000-0000000000aa"
ROOT = f"/subscriptions/{SUBSCRIPTION}"
HOST = "https://management.azure.com"
GROUPS = ("rg-app", "RG-Vault", "AzureBackupRG_westeurope_1")
VM = f"{ROOT}/resourceGroups/rg-app/providers/Microsoft.Compute/virtualMachines/web"
VAULT = f"{ROOT}/resourceGroups/RG-Vault/providers/Microsoft.RecoveryServices/vaults/v"
CONTAINER = "iaasvmcontainerv2;rg-app;web"
ITEM = (
    f"{VAULT}/backupFabrics/Azure/protectionContainers/IaasVMContainer;{CONTAINER}"
    f"/protectedItems/VM;{CONTAINER}"
)
COLLECTION = (
    f"{ROOT}/resourceGroups/{GROUPS[2]}/providers/Microsoft.Compute"
    "/restorePointCollections/AzureBackup_web_17"
)
LOCKS = "providers/Microsoft.Authorization/locks"
MAYBE = st.booleans()
DELETED = {
    "isScheduledForDeferredDelete": True,
    "deferredDeleteTimeInUTC": "2026-11-19T08:00:00.0000000Z",
}
NAMES = st.sampled_from(["web", "WEB", "none", "a b", "é", "x" * 300, "%", "..", "VM;x;y", "'"])

pytestmark = pytest.mark.usefixtures("unrecorded")


@st.composite
def documents(draw: st.DrawFn) -> tuple[dict[str, Any], ...]:
    """Draw a machine with its backup, in any state, some of it missing."""
    found = [_machine(draw), _vault(), _policy(), _collection()]
    found += [_point(number) for number in range(draw(st.integers(0, 20)))]
    if draw(MAYBE):
        found += [_item(draw), *(_job(draw, number) for number in range(draw(st.integers(0, 3))))]
    if draw(MAYBE):
        found.append(_extension(draw))
    scopes = st.sampled_from(
        [ROOT, VM, COLLECTION, VAULT, *(f"{ROOT}/resourceGroups/{g}" for g in GROUPS)]
    )
    for number, scope in enumerate(draw(st.lists(scopes, max_size=2))):
        level = draw(st.sampled_from(["CanNotDelete", "ReadOnly"]))
        found.append({"id": f"{scope}/{LOCKS}/l{number}", "properties": {"level": level}})
    return tuple(found)


def _machine(draw: st.DrawFn) -> dict[str, Any]:
    power = draw(st.sampled_from(["running", "deallocated", "stopped", "unknown"]))
    agent = draw(st.sampled_from(["Ready", "Not Ready", "Unavailable"]))
    status = {"code": "ProvisioningState/x", "level": "Info", "displayStatus": agent}
    view = {
        "vmAgent": {"vmAgentVersion": "2.7.1", "statuses": [status]},
        "statuses": [{"code": f"PowerState/{power}", "level": "Info", "displayStatus": power}],
    }
    return {
        "id": VM,
        "location": "westeurope",
        "properties": {
            "vmId": "11111111-0000-0000-0000-000000000001",
            "provisioningState": draw(st.sampled_from(["Succeeded", "Failed", "Updating"])),
            "storageProfile": {
                "osDisk": {
                    **({"name": "os"} if draw(MAYBE) else {}),
                    "osType": draw(st.sampled_from(["Linux", "Windows"])),
                }
            },
            **({"instanceView": view} if draw(MAYBE) else {}),
        },
    }


def _vault() -> dict[str, Any]:
    properties = {"provisioningState": "Succeeded"}
    tag = 'W/"1"'
    return {"id": VAULT, "location": "westeurope", "etag": tag, "properties": properties}


def _policy() -> dict[str, Any]:
    retention = {"retentionPolicyType": "SimpleRetentionPolicy"}
    properties = {
        "backupManagementType": "AzureIaasVM",
        "instantRpRetentionRangeInDays": 2,
        "schedulePolicy": {"schedulePolicyType": "SimpleSchedulePolicy"},
        "retentionPolicy": retention,
    }
    return {"id": f"{VAULT}/backupPolicies/Default", "properties": properties}


def _collection() -> dict[str, Any]:
    properties = {"source": {"id": VM, "location": "westeurope"}, "provisioningState": "Succeeded"}
    return {"id": COLLECTION, "location": "westeurope", "properties": properties}


def _point(number: int) -> dict[str, Any]:
    properties = {
        "timeCreated": f"2026-11-{number % 19 + 1:02}T01:00:00Z",
        "provisioningState": "Succeeded",
        "consistencyMode": "ApplicationConsistent",
    }
    name = f"AzureBackup_202611{number % 19 + 1:02}_0100{number:02}"
    return {"id": f"{COLLECTION}/restorePoints/{name}", "properties": properties}


def _item(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "id": ITEM,
        "properties": {
            "protectedItemType": "Microsoft.Compute/virtualMachines",
            "backupManagementType": "AzureIaasVM",
            "workloadType": "VM",
            "containerName": CONTAINER,
            "sourceResourceId": VM,
            "virtualMachineId": VM,
            "friendlyName": "web",
            "policyId": f"{VAULT}/backupPolicies/Default",
            "protectionState": draw(
                st.sampled_from(["Protected", "ProtectionStopped", "IRPending"])
            ),
            "protectedItemDataId": "17",
            **draw(st.sampled_from([DELETED, {"isScheduledForDeferredDelete": True}, {}])),
        },
    }


def _job(draw: st.DrawFn, number: int) -> dict[str, Any]:
    return {
        "id": f"{VAULT}/backupJobs/22222222-0000-0000-0000-00000000000{number}",
        "properties": {
            "jobType": "AzureIaaSVMJob",
            "operation": "Backup",
            "status": draw(st.sampled_from(["InProgress", "Failed", "Completed", "Cancelling"])),
            "startTime": "2026-11-20T07:00:00Z",
            "backupManagementType": "AzureIaasVM",
            "entityFriendlyName": "web",
        },
    }


def _extension(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "id": f"{VM}/extensions/{draw(st.sampled_from(['VMSnapshot', 'VMSnapshotLinux']))}",
        "location": "westeurope",
        "properties": {
            "publisher": "Microsoft.Azure.RecoveryServices",
            "type": "VMSnapshotLinux",
            "provisioningState": draw(st.sampled_from(["Succeeded", "Failed", "Updating"])),
        },
    }


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """Draw a world with a caller, policies and limits."""
    patterns = st.sampled_from(["*", "*/read", "Microsoft.Compute/*", "*/delete", "nonsense"])
    scopes = st.sampled_from(["/", ROOT, VM, f"{ROOT}/resourceGroups/rg-app"])
    actions = st.lists(patterns, max_size=3).map(tuple)
    grant = st.builds(Grant, scope=scopes, actions=actions, not_actions=actions)
    effects = st.sampled_from(["deny", "denyAction"])
    tags = st.sampled_from([(), ("owner",)])
    policy = st.builds(Policy, scope=scopes, name=st.just("p"), effect=effects, required_tags=tags)
    owner = (Grant(scope="/", actions=("*",)),)
    bucket = st.sampled_from([(3, 1.0), (1, 0.0)])
    return Scenario(
        schema="azremedy.sandbox/1",
        name="drawn",
        title="Drawn.",
        now=datetime(2026, 11, 20, 8, tzinfo=UTC),
        resources=draw(documents()),
        caller=seldom(draw, owner, st.lists(grant, max_size=3).map(tuple)),
        policies=seldom(draw, (), policy.map(lambda each: (each,))),
        limits=Limits(
            reads=seldom(draw, None, bucket),
            deletes=seldom(draw, None, bucket),
            compute=draw(MAYBE),
            vault_reads=seldom(draw, None, st.integers(0, 2)),
        ),
        unregistered=seldom(draw, (), st.just(("Microsoft.Compute",))),
    )


SEGMENTS = st.one_of(
    NAMES,
    st.sampled_from(
        [
            "subscriptions",
            SUBSCRIPTION,
            "resourceGroups",
            "rg-app",
            "providers",
            "Microsoft.Compute",
            "Microsoft.RecoveryServices",
            "Microsoft.Network",
            "Microsoft.Authorization",
            "virtualMachines",
            "locks",
            "locations",
            "operations",
            "",
        ]
    ),
    st.text(max_size=5),
)
FILLED = {
    "subscription": SUBSCRIPTION,
    "scope": VM[1:],
    "vm": "web",
    "vault": "v",
    "fabric": "Azure",
    "container": f"IaasVMContainer;{CONTAINER}",
    "item": f"VM;{CONTAINER}",
    "policy": "Default",
    "job": "22222222-0000-0000-0000-000000000000",
    "collection": "AzureBackup_web_17",
    "point": "AzureBackup_20261101_010000",
    "namespace": "Microsoft.Compute",
    "location": "westeurope",
    "kind": "add",
}
"""What stands in the templates of the sandbox's routes; anything else is `web`."""


def filled(route: Route) -> tuple[str, str]:
    """Give method and path of one operation in the drawn world."""
    lowered = route.template.lower()
    group = "RG-Vault" if "recoveryservices" in lowered else "rg-app"
    values = FILLED | {"group": GROUPS[2] if "restorepointcoll" in lowered else group}
    path = re.sub(r"\{(\w+)(?::path)?\}", lambda match: values.get(match[1], "web"), route.template)
    return route.method, path


OPERATIONS = [filled(route) for route in ROUTES]
PATHS = st.one_of(
    st.sampled_from(OPERATIONS).map(lambda operation: operation[1].upper()),
    st.tuples(st.sampled_from(OPERATIONS).map(lambda operation: operation[1]), NAMES).map("/".join),
    st.lists(SEGMENTS, max_size=9).map(lambda parts: "/" + "/".join(parts)),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
FIELDS = st.sampled_from(
    [
        "properties",
        "location",
        "tags",
        "level",
        "source",
        "commandId",
        "script",
        "query",
        "objectType",
        "resourceId",
        "operation",
        "protectedItemType",
        "recoveryPointExpiryTimeInUTC",
        "addressPrefix",
        "id",
    ]
)
SENSIBLE = [
    {"location": "westeurope", "properties": {}},
    {"location": "westeurope", "tags": {"owner": "me"}},
    {"tags": {"a": "b"}},
    {"properties": {"level": "CanNotDelete"}},
    {"properties": {"source": {"id": VM}}, "location": "westeurope"},
    {"properties": {"objectType": "IaasVMBackupRequest"}},
    {"properties": {"protectionState": "ProtectionStopped"}},
    {"properties": {"policyId": "", "sourceResourceId": VM, "isRehydrate": True}},
    {"properties": {"publisher": "p", "type": "t", "typeHandlerVersion": "1.0"}},
    {"properties": {"accessPolicies": [{"objectId": "o", "tenantId": "t", "permissions": {}}]}},
    {"properties": {"roleDefinitionId": "/r", "principalId": "p"}},
    {"properties": {"addressPrefix": "10.0.0.0/24", "serviceEndpoints": [{"service": "x"}]}},
    {"properties": {"priority": 100, "access": "Allow", "direction": "Outbound"}},
    {"operation": "Merge", "properties": {"tags": {"a": "b"}}},
    {"commandId": "RunShellScript", "script": ["systemctl restart walinuxagent"]},
    {"query": "Resources | project id"},
    {"resourceId": VM, "resourceType": "VM"},
]
"""Bodies that some operation wants."""


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """Draw a sensible body of which one part may be something else."""
    body = json.loads(json.dumps(draw(st.sampled_from(SENSIBLE))))
    place = body
    while draw(MAYBE):
        key = draw(st.sampled_from(sorted(place)))
        if isinstance(place[key], dict) and place[key] and draw(MAYBE):
            place = place[key]
            continue
        place[key] = draw(JSON)
        break
    return json.dumps(body).encode()


BODIES = st.one_of(
    spoilt(),
    spoilt(),
    st.just(b""),
    st.just(b""),
    st.binary(max_size=10),
    JSON.map(lambda value: json.dumps(value).encode()),
    st.dictionaries(FIELDS, st.dictionaries(FIELDS, JSON, max_size=4), max_size=3).map(
        lambda value: json.dumps(value).encode()
    ),
)
QUERIES = st.lists(
    st.sampled_from(
        [
            "$filter=resourceType eq 'Microsoft.Compute/virtualMachines'",
            "$filter=operation eq 'Backup' and startTime eq 'never'",
            "$filter=atScope()",
            "$filter='",
            "$top=2",
            "$top=x",
            "$skiptoken=MQ==",
            "$skiptoken=%FF",
            "$expand=instanceView",
            "$expand=restorePoints",
            "forceDeletion=maybe",
            "&&==",
            "monitor=true",
        ]
    ),
    max_size=2,
).map("&".join)
METHODS = st.sampled_from(["GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "BREW"])
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "if-match": st.sampled_from(["*", '"1"', "é", ""]),
        "if-none-match": st.just("*"),
        "x-ms-correlation-request-id": st.text(max_size=36),
    },
)


def seldom(draw: st.DrawFn, common: Any, rare: st.SearchStrategy[Any]) -> Any:
    """Draw from `rare` about once in twelve times."""
    return draw(rare) if draw(st.integers(0, 11)) == 7 else common


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """Draw a request, sensible or not."""
    version = seldom(draw, "api-version=2024-07-01", st.sampled_from(["api-version=x", ""]))
    query = seldom(draw, "", st.text(max_size=8)) or draw(QUERIES)
    token = seldom(draw, "Bearer x", st.sampled_from(["", "Basic y"]))
    method, known = draw(st.sampled_from(OPERATIONS))
    return Request(
        method=seldom(draw, method, METHODS),
        url=f"{HOST}{seldom(draw, known, PATHS)}?{version}&{query}",
        headers={"authorization": token, **draw(HEADERS)},
        body=draw(BODIES),
    )


def blemishes(world: World, request: Request, answer: Answer) -> list[str]:
    """Name what an answer lacks to be one of ARM's."""
    found = []
    if answer.status >= 500:
        found.append(f"status {answer.status}")
    if not re.fullmatch(r"[0-9a-f-]{36}", answer.headers.get("x-ms-request-id", "")):
        found.append("no request id")
    date = parsedate_to_datetime(answer.headers["Date"])
    if date != world.clock.now().replace(microsecond=0):
        found.append(f"Date {date}")
    error = (
        answer.body.get("error", answer.body.get("Error")) if isinstance(answer.body, dict) else {}
    )
    named = error and (error.get("code") or error.get("Code"))
    if answer.status >= 400 and request.method != "HEAD" and not named:
        found.append("no error code")
    if request.method == "HEAD" and answer.body is not None:
        found.append("a body for HEAD")
    try:
        json.loads(answer.payload() or b"null")
    except ValueError:
        found.append("a body that is no JSON")
    return found


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(scenario=scenarios(), sent=st.lists(requests(), min_size=1, max_size=12), data=st.data())
def test_whatever_is_sent_is_answered(
    scenario: Scenario, sent: list[Request], data: st.DataObject
) -> None:
    """No world and no request makes the sandbox fail, and time may pass in between."""
    world = World(replace(scenario), page_size=data.draw(st.sampled_from([1, 3, 20])))
    app = App(world)
    for request in sent:
        answer = app.handle(request)

        assert blemishes(world, request, answer) == []
        world.clock.advance(data.draw(st.sampled_from([0.0, 45.0, 4000.0])))
    assert [document["id"] for document in world.export()["resources"]]
