"""Read the way from a VM to Azure Storage: interface, subnet, security groups, routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain.evidence import Absent, Observation, Observed, Unreadable
from azremedy.domain.network import NetworkFacts
from azremedy.errors import AzremedyError, NotFoundError, PermissionDeniedError, SignInError

if TYPE_CHECKING:
    from azremedy.domain.network import Interface, SecurityGroup
    from azremedy.domain.resources import VirtualMachine
    from azremedy.gateways.network import NetworkGateway
    from azremedy.gateways.session import Gateways
    from azremedy.ids import ResourceId


def read_network(gateways: Gateways, vm: VirtualMachine) -> Observation[NetworkFacts]:
    """Read what stands between a VM's primary interface and Azure Storage.

    Absent: the VM names no interface, or one that does not exist. All or nothing: with one part
    unreadable nothing can be concluded from the others. Permission: ``Microsoft.Network/*/read``.

    Raises:
        SignInError: nobody can go on without signing in.
    """
    if not vm.interface_ids:
        return Absent(source=str(vm.id))
    interface_id = vm.interface_ids[0]
    try:
        return _read_from(gateways, interface_id)
    except SignInError:
        raise
    except AzremedyError as error:
        return _unreadable(interface_id, error)


def _read_from(gateways: Gateways, interface_id: ResourceId) -> Observation[NetworkFacts]:
    source = str(interface_id)
    try:
        interface = gateways.network.get_interface(interface_id)
    except NotFoundError:
        return Absent(source=source)
    if interface.subnet_id is None:
        return Unreadable(source=source, why="it names no subnet")
    facts = _read_around(gateways.network, interface, interface.subnet_id)
    return Observed(value=facts, source=source)


def _read_around(
    network: NetworkGateway, interface: Interface, subnet_id: ResourceId
) -> NetworkFacts:
    subnet = network.get_subnet(subnet_id)
    table_id = subnet.route_table_id
    return NetworkFacts(
        interface_id=interface.id,
        region=interface.region,
        allocation=interface.allocation,
        public_address=interface.public_address,
        interface_group=_read_group(network, interface.group_id),
        subnet=subnet,
        subnet_group=_read_group(network, subnet.group_id),
        routes=network.list_routes(table_id) if table_id is not None else (),
        address=interface.address,
        load_balanced=interface.load_balanced,
        application_groups=interface.application_groups,
    )


def _read_group(network: NetworkGateway, group_id: ResourceId | None) -> SecurityGroup | None:
    return network.get_group(group_id) if group_id is not None else None


def _unreadable(source: ResourceId, error: AzremedyError) -> Unreadable:
    action = error.action if isinstance(error, PermissionDeniedError) else None
    why = f"missing permission {action}" if action else error.summary
    return Unreadable(source=str(source), why=why, answer=error.answer, action=action)
