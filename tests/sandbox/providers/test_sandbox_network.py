"""The network: rules, interfaces, subnets, routes, and what of them holds at an interface."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from azure.core.rest import HttpRequest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.sandbox.conftest import OpenWorld
    from tests.sandbox.providers.conftest import Azure, Connect

SUBSCRIPTION = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"
RG = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-shop"
NET = f"{RG}/providers/Microsoft.Network"
NSG = f"{NET}/networkSecurityGroups/web-nsg"
NIC = f"{NET}/networkInterfaces/web-1-nic"
SUBNET = f"{NET}/virtualNetworks/web-vnet/subnets/default"
NO_NETWORK = "ExtensionSnapshotFailedNoNetwork"


class Net:
    """Raw requests to the network of a world."""

    def __init__(self, azure: Azure) -> None:
        self.azure = azure

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """Send one request."""
        url = f"{path}?api-version=2024-05-01" if "?" not in path else path
        content = {"json": body} if body is not None else {}
        return self.azure.resources.send_request(HttpRequest(method, url, **content))

    def done(self, method: str, path: str, body: Any = None) -> list[int]:
        """Send one request and follow its operation; gives the statuses of all answers."""
        answer = self.send(method, path, body)
        statuses = [answer.status_code]
        url = answer.headers.get("Azure-AsyncOperation")
        while url:
            poll = self.send("GET", url)
            statuses.append(poll.status_code)
            if poll.json()["status"] != "InProgress":
                url = None
        return statuses

    def asked(self, verb: str) -> Any:
        """Ask what holds at the interface."""
        answer = self.send("POST", f"{NIC}/{verb}")
        assert "Azure-AsyncOperation" not in answer.headers
        while answer.status_code == 202:
            answer = self.send("GET", answer.headers["Location"])
        return answer.json()["value"]

    def read(self, path: str) -> Any:
        """Read a document's properties."""
        return self.send("GET", path).json()["properties"]

    def code(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        """Send one request that is refused."""
        answer = self.send(method, path, body)
        return answer.status_code, answer.json()["error"]["code"]


@pytest.fixture
def azure(open_world: OpenWorld, connect: Connect) -> Azure:
    """Open the world behind a rule that denies the internet."""
    return connect(open_world("extension-snapshot-failed-no-network"))


@pytest.fixture
def net(azure: Azure) -> Net:
    """Give its network."""
    return Net(azure)


def _rule(priority: int, **changes: Any) -> Any:
    properties = {
        "protocol": "Tcp",
        "sourcePortRange": "*",
        "sourceAddressPrefix": "VirtualNetwork",
        "destinationPortRange": "443",
        "destinationAddressPrefix": "Storage.WestEurope",
        "access": "Allow",
        "priority": priority,
        "direction": "Outbound",
        **changes,
    }
    return {"properties": properties}


def _backup(azure: Azure) -> str:
    item = azure.item("vault-shop", "rg-shop", "web-1")
    return "".join(azure.errors(azure.back_up(item))) or "success"


def test_rule_is_made_changed_and_deleted(net: Net, contract_check: Callable[[Path], str]) -> None:
    """A rule appears in its group and by itself, changes, and goes, each as an operation."""
    path = f"{NSG}/securityRules/allow-storage"
    made = net.done("PUT", path, _rule(190))
    changed = net.done("PUT", path, _rule(180))
    alone, listed = net.read(path), net.send("GET", f"{NSG}/securityRules").json()["value"]
    whole = net.read(NSG)
    gone = net.done("DELETE", path)
    again = net.done("DELETE", path)

    assert ([201, 200, 200], [200, 200, 200], [202, 200, 200], [204]) == (
        made,
        changed,
        gone,
        again,
    )
    assert (alone["priority"], alone["provisioningState"]) == (180, "Succeeded")
    assert [each["name"] for each in listed] == ["deny-internet", "allow-storage"]
    assert whole["securityRules"] == listed
    defaults = [rule["properties"]["priority"] for rule in whole["defaultSecurityRules"]]

    assert defaults == [65000, 65001, 65500] * 2
    assert net.code("GET", path) == (404, "ResourceNotFound")
    assert contract_check(net.azure.opened.exchanges).endswith(" 0 violations")


@pytest.mark.usefixtures("off_the_record")
@pytest.mark.parametrize(
    ("body", "code"),
    [
        (_rule(200), "SecurityRuleConflict"),
        (_rule(99), "SecurityRuleInvalidPriority"),
        ({"properties": {"protocol": "Tcp"}}, "SecurityRuleParameterMissing"),
    ],
)
def test_impossible_rules_are_refused(net: Net, body: Any, code: str) -> None:
    """No two rules of a direction share a priority, and every rule is whole."""
    assert net.code("PUT", f"{NSG}/securityRules/new", body) == (400, code)
    assert [rule["name"] for rule in net.read(NSG)["securityRules"]] == ["deny-internet"]


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, "success"),
        ({"destinationAddressPrefix": "Storage"}, "success"),
        ({"destinationAddressPrefix": "AzureCloud.westeurope"}, "success"),
        ({"destinationAddressPrefix": "Storage.NorthEurope"}, NO_NETWORK),
        ({"destinationPortRange": "400-500"}, "success"),
        ({"destinationPortRange": "80"}, NO_NETWORK),
        ({"protocol": "Udp"}, NO_NETWORK),
        ({"direction": "Inbound"}, NO_NETWORK),
        ({"sourceAddressPrefix": "10.0.0.0/24"}, "success"),
        ({"sourceAddressPrefix": "10.9.0.0/24"}, NO_NETWORK),
        ({"sourceAddressPrefix": "AzureLoadBalancer"}, NO_NETWORK),
        ({"priority": 300}, NO_NETWORK),
    ],
)
def test_which_rules_let_the_snapshot_through(
    azure: Azure, net: Net, changes: dict[str, Any], outcome: str
) -> None:
    """Only an outbound rule for Storage of the region, ahead of the denial, heals the backup."""
    net.done("PUT", f"{NSG}/securityRules/new", _rule(**{"priority": 190, **changes}))

    assert outcome == _backup(azure)


def test_current_agent_needs_no_way_of_its_own(azure: Azure) -> None:
    """With an agent that lets the host take the snapshot the rule does not matter."""
    vm: Any = azure.opened.world.documents.get(
        f"{RG}/providers/Microsoft.Compute/virtualMachines/web-1"
    )
    vm["properties"]["instanceView"]["vmAgent"]["vmAgentVersion"] = "2.7.41491.1155"
    azure.opened.world.documents.put(vm)

    assert _backup(azure) == "success"


@pytest.mark.parametrize(
    ("subnet", "outcome"),
    [
        ({"routeTable": {"id": f"{NET}/routeTables/forced"}}, NO_NETWORK),
        (
            {
                "routeTable": {"id": f"{NET}/routeTables/forced"},
                "serviceEndpoints": [{"service": "Microsoft.Storage"}],
            },
            "success",
        ),
        ({"routeTable": {"id": f"{NET}/routeTables/tagged"}}, "success"),
        ({"defaultOutboundAccess": False}, NO_NETWORK),
        ({"defaultOutboundAccess": False, "natGateway": {"id": f"{NET}/natGateways/n"}}, "success"),
        ({}, "success"),
    ],
)
def test_which_subnets_lead_to_storage(
    azure: Azure, net: Net, subnet: dict[str, Any], outcome: str
) -> None:
    """A forced route or a private subnet blocks; a service endpoint or a tagged route does not."""
    world = azure.opened.world
    table = {"id": f"{NET}/routeTables/forced", "location": "westeurope"}
    forced = {"addressPrefix": "0.0.0.0/0", "nextHopType": "VirtualAppliance"}
    default = {"name": "default", "properties": {**forced, "nextHopIpAddress": "10.0.1.4"}}
    tag = {"addressPrefix": "Storage", "nextHopType": "Internet"}
    world.documents.put({**table, "properties": {"routes": [default]}})
    tagged = {"routes": [default, {"name": "storage", "properties": tag}]}
    world.documents.put({**table, "id": f"{NET}/routeTables/tagged", "properties": tagged})
    sent = {"properties": {"addressPrefix": "10.0.0.0/24", **subnet}}

    assert net.done("PUT", SUBNET, sent) == [200, 200, 200]
    assert outcome == _backup(azure)


def test_effective_rules_and_routes(net: Net, contract_check: Callable[[Path], str]) -> None:
    """What holds at an interface names its groups with all rules, and the default routes."""
    groups, routes = net.asked("effectiveNetworkSecurityGroups"), net.asked("effectiveRouteTable")
    rules = groups[0]["effectiveSecurityRules"]

    assert [group["association"] for group in groups] == [{"subnet": {"id": SUBNET}}]
    assert [rule["name"] for rule in rules][:2] == [
        "securityRules/deny-internet",
        "defaultSecurityRules/AllowVnetInBound",
    ]
    assert rules[0]["destinationPortRange"] == "0-65535"
    assert [(each["addressPrefix"], each["nextHopType"]) for each in routes][:2] == [
        (["10.0.0.0/16"], "VnetLocal"),
        (["0.0.0.0/0"], "Internet"),
    ]
    assert contract_check(net.azure.opened.exchanges).endswith(" 0 violations")


def test_effective_routes_follow_table_and_endpoint(azure: Azure, net: Net) -> None:
    """A user's route overrides the default of its prefix; an endpoint adds one of its own."""
    world = azure.opened.world
    route = {"addressPrefix": "0.0.0.0/0", "nextHopType": "VirtualAppliance"}
    hop = {"name": "all", "properties": {**route, "nextHopIpAddress": "10.0.1.4"}}
    table = {"id": f"{NET}/routeTables/forced", "location": "westeurope"}
    world.documents.put({**table, "properties": {"routes": [hop]}})
    endpoint = [{"service": "Microsoft.Storage"}]
    properties = {"addressPrefix": "10.0.0.0/24", "serviceEndpoints": endpoint}
    net.done("PUT", SUBNET, {"properties": {**properties, "routeTable": {"id": table["id"]}}})
    routes = net.asked("effectiveRouteTable")

    assert [each["state"] for each in routes if each["addressPrefix"] == ["0.0.0.0/0"]] == [
        "Invalid",
        "Active",
    ]
    assert routes[-1]["nextHopType"] == "VirtualNetworkServiceEndpoint"
    assert routes[-2]["nextHopIpAddress"] == ["10.0.1.4"]


def test_effective_view_needs_a_running_machine(azure: Azure, net: Net) -> None:
    """Azure tells what holds at an interface only while its machine runs."""
    azure.compute.virtual_machines.begin_deallocate("rg-shop", "web-1").result()

    assert net.code("POST", f"{NIC}/effectiveRouteTable")[0] == 400


def test_everything_is_listed(net: Net, contract_check: Callable[[Path], str]) -> None:
    """Each kind is listed by group and by subscription, with its parts; an empty list is one."""
    everywhere = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Network"
    counts = {
        kind: [len(net.send("GET", f"{base}/{kind}").json()["value"]) for base in (NET, everywhere)]
        for kind in ("networkSecurityGroups", "networkInterfaces")
    }
    vnets = net.send("GET", f"{NET}/virtualNetworks").json()["value"]
    tables = net.send("GET", f"{NET}/routeTables").json()["value"]
    subnets = net.send("GET", f"{SUBNET.rsplit('/', 1)[0]}").json()["value"]
    rules = net.send("GET", f"{NSG}/defaultSecurityRules").json()["value"]
    one = net.send("GET", f"{NSG}/defaultSecurityRules/DenyAllOutBound")

    assert counts == {"networkSecurityGroups": [1, 1], "networkInterfaces": [1, 1]}
    assert (len(vnets), tables, len(subnets), len(rules)) == (1, [], 1, 6)
    assert one.json() == rules[5]
    assert net.read(SUBNET) == subnets[0]["properties"]
    assert contract_check(net.azure.opened.exchanges).endswith(" 0 violations")


@pytest.mark.usefixtures("off_the_record")
def test_groups_are_made_and_deleted_when_unused(net: Net) -> None:
    """A new group has the default rules; what is in use cannot be deleted."""
    path = f"{NET}/networkSecurityGroups/new"
    made = net.done("PUT", path, {"location": "westeurope", "tags": {"a": "b"}})
    fresh = net.send("GET", path)
    updated = net.done("PUT", path, {"location": "westeurope"})
    gone = net.done("DELETE", path)

    assert ([201, 200, 200], [200, 200, 200], [202, 200, 200]) == (made, updated, gone)
    assert fresh.headers["ETag"] == fresh.json()["etag"]
    assert len(fresh.json()["properties"]["defaultSecurityRules"]) == 6
    assert net.code("DELETE", NSG) == (400, "InUseNetworkSecurityGroupCannotBeDeleted")
    assert net.code("DELETE", SUBNET) == (400, "InUseSubnetCannotBeDeleted")
    assert net.code("DELETE", NIC) == (400, "NicInUse")
    assert net.done("DELETE", path) == [204]


def test_loose_parts_count_as_embedded_ones(azure: Azure, net: Net) -> None:
    """A rule that a scenario gives as a document of its own is shown, obeyed and deleted."""
    rule = _rule(150)
    azure.opened.world.documents.put({"id": f"{NSG}/securityRules/loose", **rule})
    names = [each["name"] for each in net.read(NSG)["securityRules"]]
    healed = _backup(azure)
    net.done("DELETE", f"{NSG}/securityRules/loose")

    assert (["deny-internet", "loose"], "success") == (names, healed)
    assert net.code("GET", f"{NSG}/securityRules/loose")[0] == 404


def test_group_that_vanishes_ends_what_was_done_to_it(azure: Azure, net: Net) -> None:
    """Writing or deleting a rule ends quietly when its group goes first."""
    net.send("PUT", f"{NSG}/securityRules/new", _rule(190))
    net.send("DELETE", f"{NSG}/securityRules/deny-internet")
    azure.opened.world.documents.remove(NSG)
    azure.opened.transport.sleep(60)

    assert json.dumps(net.code("GET", NSG)) == '[404, "ResourceNotFound"]'


def test_interface_without_its_network_is_unhindered(azure: Azure, net: Net) -> None:
    """What is not in the world hinders nobody; a machine is found by its own word too."""
    nic: Any = azure.opened.world.documents.get(NIC)
    nic["properties"].pop("virtualMachine")
    azure.opened.world.documents.put(nic)
    found = net.asked("effectiveNetworkSecurityGroups")
    azure.opened.world.documents.remove(SUBNET.rsplit("/", 2)[0])

    assert (1, []) == (len(found), net.asked("effectiveNetworkSecurityGroups"))
    assert _backup(azure) == "success"


def test_interface_of_no_machine_tells_nothing(azure: Azure, net: Net) -> None:
    """What holds at an interface is told only for one that a machine uses."""
    other = f"{NET}/networkInterfaces/spare"
    azure.opened.world.documents.put({"id": other, "location": "westeurope", "properties": {}})

    assert net.code("POST", f"{other}/effectiveRouteTable")[0] == 400


def test_subnet_that_is_not_in_its_network_hinders_nobody(azure: Azure, net: Net) -> None:
    """An interface may name a subnet that its network does not have."""
    vnet: Any = azure.opened.world.documents.get(SUBNET.rsplit("/", 2)[0])
    vnet["properties"]["subnets"] = [{"id": f"{SUBNET}2", "name": "default2"}]
    azure.opened.world.documents.put(vnet)

    assert net.asked("effectiveNetworkSecurityGroups") == []
    assert _backup(azure) == "success"
