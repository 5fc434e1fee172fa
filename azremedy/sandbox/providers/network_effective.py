"""Serve what rules and routes really hold at an interface: long-running reads.

Source of their form: recorded Azure traffic, 2018-2019: 202 with Location only, 200 at the end.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from azremedy.sandbox import backup_network, vm_state
from azremedy.sandbox.compute_answers import existing
from azremedy.sandbox.http import Answer, ArmError, Json, Request
from azremedy.sandbox.operations import NETWORK, Work
from azremedy.sandbox.providers.network_documents import PROVIDER, shown
from azremedy.sandbox.providers.network_resources import GROUPS
from azremedy.sandbox.routing import Route

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from azremedy.sandbox.routing import Handler
    from azremedy.sandbox.world import World

_NIC = (
    f"/subscriptions/{{subscription}}/resourceGroups/{{group}}/providers/{PROVIDER}"
    "/networkInterfaces/{name}"
)
_NOT_HERE = {"Azure-AsyncOperation", "azure-asyncnotification"}
_ALL_PORTS = "0-65535"
_PROTOCOLS = {"*": "All"}


def _asking(look: Callable[[World, Json], Json]) -> Handler:
    """Make the handler of a question about one interface.

    Azure answers it only for an interface of a running machine.
    Source: learn.microsoft.com/azure/virtual-network/diagnose-network-routing-problem.
    """

    def handler(world: World, request: Request, **place: str) -> Answer:
        scope = f"/subscriptions/{place['subscription']}/resourceGroups/{place['group']}"
        nic_id = f"{scope}/providers/{PROVIDER}/networkInterfaces/{place['name']}"
        nic = existing(world, nic_id)
        _check_running(world, nic)
        work = Work(
            name="effectiveNetwork",
            style=NETWORK,
            location=nic["location"],
            finish=lambda: {"value": look(world, existing(world, nic["id"]))},
        )
        answer = world.operations.begin(request, work)
        headers = {key: v for key, v in answer.headers.items() if key not in _NOT_HERE}
        return replace(answer, headers=headers)

    return handler


def _check_running(world: World, nic: Json) -> None:
    """Refuse to look at an interface whose machine does not run.

    Raises:
        ArmError: 400; the code is in no recording.
    """
    vm = backup_network.machine_of(world, nic)
    if not vm or vm_state.power(vm) != "running":
        message = f"Network interface '{nic['name']}' is not attached to a running virtual machine."
        raise ArmError(400, "NicNotAttachedToRunningVm", message)


def _groups(world: World, nic: Json) -> list[Json]:
    """Give the security groups of an interface and of its subnets, with all their rules."""
    return [
        {
            "networkSecurityGroup": {"id": group["id"]},
            "association": association,
            "effectiveSecurityRules": [_rule(kind, each) for kind, each in _rules(world, group)],
        }
        for group, association in _holders(world, nic)
    ]


def _holders(world: World, nic: Json) -> Iterator[tuple[Json, Json]]:
    subnets = (backup_network.subnet_of(world, each) for each in backup_network.subnet_ids(nic))
    ids = zip(subnets, backup_network.subnet_ids(nic), strict=True)
    places = [(nic, {"networkInterface": {"id": nic["id"]}})]
    places += [(subnet, {"subnet": {"id": subnet_id}}) for subnet, subnet_id in ids if subnet]
    for holder, association in places:
        group_id = (holder["properties"].get("networkSecurityGroup") or {}).get("id")
        group = world.documents.get(group_id) if group_id else None
        if group:
            yield shown(world, GROUPS, group), association


def _rules(world: World, group: Json) -> list[tuple[str, Json]]:
    return [
        (kind, rule)
        for kind in ("securityRules", "defaultSecurityRules")
        for rule in shown(world, GROUPS, group)["properties"][kind]
    ]


def _rule(kind: str, rule: Json) -> Json:
    properties = rule["properties"]
    ports = {
        name: _ALL_PORTS if properties.get(name, "*") == "*" else properties[name]
        for name in ("sourcePortRange", "destinationPortRange")
    }
    prefixes = {
        name: "0.0.0.0/0" if properties.get(name, "*") == "*" else properties[name]
        for name in ("sourceAddressPrefix", "destinationAddressPrefix")
    }
    plural = {f"{name}s": properties.get(f"{name}s") or [ports[name]] for name in ports}
    many = {f"{name}es": properties.get(f"{name}es") or [prefixes[name]] for name in prefixes}
    return {
        "name": f"{kind}/{rule['name']}",
        "protocol": _PROTOCOLS.get(properties["protocol"], properties["protocol"]),
        **ports,
        **plural,
        **prefixes,
        **many,
        "access": properties["access"],
        "priority": properties["priority"],
        "direction": properties["direction"],
    }


def _table(world: World, nic: Json) -> list[Json]:
    """Give the routes at an interface: a user's route overrides the default of its prefix."""
    subnets = (backup_network.subnet_of(world, each) for each in backup_network.subnet_ids(nic))
    own = [route for subnet in subnets if subnet for route in _own_routes(world, subnet)]
    taken = {prefix for route in own for prefix in route["addressPrefix"]}
    defaults = [
        _line("Default", prefix, hop, state="Invalid" if prefix in taken else "Active")
        for prefix, hop in _default_routes(world, nic)
    ]
    return [*defaults, *own]


def _own_routes(world: World, subnet: Json) -> list[Json]:
    lines = []
    for route in backup_network.routes_of(world, subnet):
        properties = route["properties"]
        line = _line("User", properties["addressPrefix"], properties["nextHopType"])
        hop = properties.get("nextHopIpAddress")
        lines.append(
            {**line, "name": route.get("name", ""), "nextHopIpAddress": [hop] if hop else []}
        )
    if backup_network.has_storage_endpoint(subnet):
        lines.append(_line("Default", "Storage", "VirtualNetworkServiceEndpoint"))
    return lines


def _default_routes(world: World, nic: Json) -> list[tuple[str, str]]:
    spaces = []
    for subnet_id in backup_network.subnet_ids(nic):
        vnet = world.documents.get(subnet_id.rsplit("/", 2)[0]) or {"properties": {}}
        spaces += (vnet["properties"].get("addressSpace") or {}).get("addressPrefixes", [])
    return [
        *((space, "VnetLocal") for space in dict.fromkeys(spaces)),
        ("0.0.0.0/0", "Internet"),
        *((space, "None") for space in ("10.0.0.0/8", "100.64.0.0/10", "192.168.0.0/16")),
    ]


def _line(source: str, prefix: str, hop: str, *, state: str = "Active") -> Json:
    return {
        "disableBgpRoutePropagation": False,
        "source": source,
        "state": state,
        "addressPrefix": [prefix],
        "nextHopType": hop,
        "nextHopIpAddress": [],
    }


def _route(verb: str, look: Callable[[World, Json], Json]) -> Route:
    return Route(
        method="POST",
        template=f"{_NIC}/{verb}",
        handler=_asking(look),
        action=f"{PROVIDER}/networkInterfaces/{verb}/action",
    )


ROUTES = (
    _route("effectiveNetworkSecurityGroups", _groups),
    _route("effectiveRouteTable", _table),
)
"""The operations that tell what holds at an interface."""
