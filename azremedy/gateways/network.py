"""Read what stands between a VM and Azure Storage; add a rule or a service endpoint there.

By whole documents through Resource Manager's client: the network's own SDK package is bigger than
all the others together.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from azremedy.errors import WrongResourceTypeError
from azremedy.gateways.operations import Call, Operation, Operations
from azremedy.gateways.translate import translating
from azremedy.gateways.wire_json import document_of, text
from azremedy.gateways.wire_network import (
    list_services,
    parse_group,
    parse_interface,
    parse_routes,
    parse_rule,
    parse_subnet,
    write_rule,
    write_subnet,
)

if TYPE_CHECKING:
    from azure.mgmt.resource.resources import ResourceManagementClient

    from azremedy.domain.network import Interface, Route, SecurityGroup, SecurityRule, Subnet
    from azremedy.gateways.clients import Connect
    from azremedy.gateways.clock import Clock
    from azremedy.gateways.wire_json import Json
    from azremedy.ids import ResourceId

API_VERSION = "2024-05-01"
READ_INTERFACE = "Microsoft.Network/networkInterfaces/read"
READ_GROUP = "Microsoft.Network/networkSecurityGroups/read"
READ_RULE = "Microsoft.Network/networkSecurityGroups/securityRules/read"
WRITE_RULE = "Microsoft.Network/networkSecurityGroups/securityRules/write"
DELETE_RULE = "Microsoft.Network/networkSecurityGroups/securityRules/delete"
READ_SUBNET = "Microsoft.Network/virtualNetworks/subnets/read"
WRITE_SUBNET = "Microsoft.Network/virtualNetworks/subnets/write"
READ_ROUTES = "Microsoft.Network/routeTables/read"
RULE = "Microsoft.Network/networkSecurityGroups/securityRules"
"""The type of what is written and deleted here."""


class NetworkGateway:
    """The network around the VMs of one subscription."""

    def __init__(
        self,
        connect: Connect[ResourceManagementClient],
        clock: Clock,
        *,
        polling_interval_s: float,
    ) -> None:
        self._connect = connect
        self._operations = Operations(clock=clock, polling_interval_s=polling_interval_s)

    def get_interface(self, interface_id: ResourceId) -> Interface:
        """Return a network interface. Safe to repeat.

        Permission: ``Microsoft.Network/networkInterfaces/read``.

        Raises:
            NotFoundError: there is no such interface.
            AzremedyError: as ``translating`` tells them.
        """
        with translating("reading the interface", action=READ_INTERFACE, target=interface_id):
            return parse_interface(self._get(interface_id))

    def get_subnet(self, subnet_id: ResourceId) -> Subnet:
        """Return a subnet. Safe to repeat.

        Permission: ``Microsoft.Network/virtualNetworks/subnets/read``.

        Raises:
            NotFoundError: there is no such subnet.
            AzremedyError: as ``translating`` tells them.
        """
        with translating("reading the subnet", action=READ_SUBNET, target=subnet_id):
            return parse_subnet(self._get(subnet_id))

    def get_group(self, group_id: ResourceId) -> SecurityGroup:
        """Return a network security group with all its rules. Safe to repeat.

        Permission: ``Microsoft.Network/networkSecurityGroups/read``.

        Raises:
            NotFoundError: there is no such group.
            AzremedyError: as ``translating`` tells them.
        """
        with translating("reading the security group", action=READ_GROUP, target=group_id):
            return parse_group(self._get(group_id))

    def list_routes(self, table_id: ResourceId) -> tuple[Route, ...]:
        """Return the routes of a route table. Safe to repeat.

        Permission: ``Microsoft.Network/routeTables/read``.

        Raises:
            NotFoundError: there is no such table.
            AzremedyError: as ``translating`` tells them.
        """
        with translating("reading the route table", action=READ_ROUTES, target=table_id):
            return parse_routes(self._get(table_id))

    def get_rule(self, rule_id: ResourceId) -> SecurityRule:
        """Return one rule of a network security group. Safe to repeat.

        Permission: ``Microsoft.Network/networkSecurityGroups/securityRules/read``.

        Raises:
            NotFoundError: there is no such rule, or no such group.
            AzremedyError: as ``translating`` tells them.
        """
        with translating("reading the rule", action=READ_RULE, target=rule_id):
            return parse_rule(self._get(rule_id))

    def put_rule(self, rule_id: ResourceId, rule: SecurityRule) -> Operation:
        """Start to write a rule; one of that name would be replaced, so look first.

        Safe to repeat with the same content. Permission:
        ``Microsoft.Network/networkSecurityGroups/securityRules/write``.

        Raises:
            WrongResourceTypeError: the id is not a rule's; nothing was sent.
            LockedError: a ReadOnly lock stands in the way.
            AzremedyError: as ``translating`` tells them.
        """
        return self._operations.begin(self._rule_writing(rule_id, write_rule(rule)))

    def resume_put_rule(self, rule_id: ResourceId, token: str) -> Operation:
        """Take up the writing of a rule that another process started; sends no request for it.

        Args:
            rule_id: the rule, for messages.
            token: what ``Operation.token`` returned.

        Raises:
            AzureError: the token cannot be read.
        """
        return self._operations.resume(self._rule_writing(rule_id, {}), token)

    def delete_rule(self, rule_id: ResourceId) -> Operation:
        """Start to delete a rule of a network security group.

        An operation whose ``receipt.already_gone`` is set found nothing to delete. Safe to repeat.
        Permission: ``Microsoft.Network/networkSecurityGroups/securityRules/delete``.

        Raises:
            WrongResourceTypeError: the id is not a rule's; nothing was sent.
            LockedError: a management lock stands in the way.
            AzremedyError: as ``translating`` tells them.
        """
        return self._operations.begin(self._rule_deletion(rule_id))

    def resume_delete_rule(self, rule_id: ResourceId, token: str) -> Operation:
        """Take up the deletion of a rule that another process started; sends no deletion.

        Args:
            rule_id: the rule, for messages.
            token: what ``Operation.token`` returned.

        Raises:
            AzureError: the token cannot be read.
        """
        return self._operations.resume(self._rule_deletion(rule_id), token)

    def add_endpoint(self, subnet_id: ResourceId, service: str) -> Operation:
        """Start to add a service endpoint to a subnet; everything else of it is sent as it is.

        The subnet is read right before, and its entity tag is sent along: when somebody changes it
        in between, Azure refuses. Safe to repeat. Permission:
        ``Microsoft.Network/virtualNetworks/subnets/{read,write}``, and ``.../join/action`` on the
        security group and route table that the subnet names.

        Raises:
            NotFoundError: there is no such subnet.
            ConflictError: the subnet is being changed, or was since it was read.
            LockedError: a ReadOnly lock stands in the way.
            AzremedyError: as ``translating`` tells them.
        """
        document = self._read_subnet(subnet_id)
        services = list_services(document)
        wanted = {**services, service: services.get(service, {"service": service})}
        return self._write_subnet(subnet_id, document, wanted)

    def remove_endpoint(self, subnet_id: ResourceId, service: str) -> Operation:
        """Start to take a service endpoint off a subnet; the rest is as for ``add_endpoint``.

        Raises:
            NotFoundError: there is no such subnet.
            ConflictError: the subnet is being changed, or was since it was read.
            LockedError: a ReadOnly lock stands in the way.
            AzremedyError: as ``translating`` tells them.
        """
        document = self._read_subnet(subnet_id)
        services = list_services(document)
        kept = {name: each for name, each in services.items() if name.lower() != service.lower()}
        return self._write_subnet(subnet_id, document, kept)

    def resume_write_subnet(self, subnet_id: ResourceId, token: str) -> Operation:
        """Take up the change of a subnet that another process started; sends no request for it.

        Args:
            subnet_id: the subnet, for messages.
            token: what ``Operation.token`` returned.

        Raises:
            AzureError: the token cannot be read.
        """
        return self._operations.resume(self._subnet_writing(subnet_id, {}, etag=""), token)

    def _get(self, resource_id: ResourceId) -> Json:
        calls = self._connect(resource_id).resources
        return document_of(calls.get_by_id(str(resource_id).lstrip("/"), api_version=API_VERSION))

    def _read_subnet(self, subnet_id: ResourceId) -> Json:
        with translating("reading the subnet", action=READ_SUBNET, target=subnet_id):
            return self._get(subnet_id)

    def _write_subnet(
        self, subnet_id: ResourceId, document: Json, services: dict[str, Json]
    ) -> Operation:
        body = write_subnet(document, services=services)
        return self._operations.begin(
            self._subnet_writing(subnet_id, body, etag=text(document, "etag"))
        )

    def _subnet_writing(self, subnet_id: ResourceId, body: Json, *, etag: str) -> Call:
        return self._writing(
            subnet_id,
            body,
            headers={"If-Match": etag} if etag else {},
            translate=partial(
                translating, "changing the subnet", action=WRITE_SUBNET, target=subnet_id
            ),
        )

    def _rule_writing(self, rule_id: ResourceId, body: Json) -> Call:
        return self._writing(
            _checked(rule_id),
            body,
            headers={},
            translate=partial(translating, "writing the rule", action=WRITE_RULE, target=rule_id),
        )

    def _writing(
        self, target: ResourceId, body: Json, *, headers: dict[str, str], translate: Any
    ) -> Call:
        begin = partial(
            self._connect(target).resources.begin_create_or_update_by_id,
            str(target).lstrip("/"),
            dict(body),
            api_version=API_VERSION,
            headers=headers,
        )
        return Call(begin=begin, translate=translate)

    def _rule_deletion(self, rule_id: ResourceId) -> Call:
        # By namespace and types in plain sight instead of by an id: nothing else can be meant.
        begin = partial(
            self._connect(_checked(rule_id)).resources.begin_delete,
            rule_id.resource_group,
            "Microsoft.Network",
            f"networkSecurityGroups/{rule_id.parent.name}",
            "securityRules",
            rule_id.name,
            api_version=API_VERSION,
        )
        translate = partial(translating, "deleting the rule", action=DELETE_RULE, target=rule_id)
        return Call(begin=begin, translate=translate)


def _checked(rule_id: ResourceId) -> ResourceId:
    if not rule_id.is_type(RULE):
        raise WrongResourceTypeError(f"'{rule_id}' is the id of a {rule_id.resource_type}")
    return rule_id
