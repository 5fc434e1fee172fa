"""Read resource groups and Azure's generic lists of resources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azremedy.domain.resources import ResourceGroup, Vault
from azremedy.gateways import sending
from azremedy.gateways.translate import translating
from azremedy.gateways.wire_json import Json, resource_id, text
from azremedy.ids import VAULT, VIRTUAL_MACHINE, ResourceId

if TYPE_CHECKING:
    from azremedy.gateways.clients import Connect, DocumentClient

API_VERSION = "2025-04-01"
READ_GROUPS = "Microsoft.Resources/subscriptions/resourceGroups/read"
READ_RESOURCES = "Microsoft.Resources/subscriptions/resources/read"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedResource:
    """What a generic list tells about a resource of any type."""

    id: ResourceId
    """The resource's id."""
    location: str
    """Region; empty for resources without one."""


class GroupsGateway:
    """Resource groups and resources of one subscription. Every method only reads."""

    def __init__(self, connect: Connect[DocumentClient]) -> None:
        self._connect = connect

    def list_groups(self) -> tuple[ResourceGroup, ...]:
        """Return all groups of the subscription that the caller may read. Safe to repeat.

        Permission: ``Microsoft.Resources/subscriptions/resourceGroups/read``.

        Raises:
            AzremedyError: as ``translating`` tells them.
        """
        with translating("listing the resource groups", action=READ_GROUPS):
            client = self._connect()
            url = sending.make_url(f"{client.subscription}/resourcegroups", api_version=API_VERSION)
            return tuple(map(parse_group, sending.read_all(client, url)))

    def get_group(self, group_id: ResourceId) -> ResourceGroup:
        """Return one group. Safe to repeat.

        Permission: ``Microsoft.Resources/subscriptions/resourceGroups/read``.

        Raises:
            NotFoundError: there is no such group.
            AzremedyError: as ``translating`` tells them.
        """
        with translating("reading the group", action=READ_GROUPS, target=group_id):
            url = sending.make_url(group_id, api_version=API_VERSION)
            return parse_group(sending.read(self._connect(group_id), url))

    def list_resources(
        self, resource_type: str | None = None, *, name: str | None = None
    ) -> tuple[ListedResource, ...]:
        """Return the subscription's resources of a type or of a name, or both. Safe to repeat.

        The list is ARM's cache: it lags behind a creation or deletion by seconds, and names only
        what the caller may read. Names are compared whole and without case.
        Permission: ``read`` on each resource; ARM leaves out what may not be read.

        Raises:
            AzremedyError: as ``translating`` tells them.
        """
        conditions = {"resourceType": resource_type, "name": name}
        given = [f"{key} eq '{_quoted(value)}'" for key, value in conditions.items() if value]
        options = {"filter": " and ".join(given)} if given else {}
        with translating("listing the resources", action=READ_RESOURCES):
            client = self._connect()
            url = sending.make_url(
                f"{client.subscription}/resources", api_version=API_VERSION, **options
            )
            listed = [parse_listed_resource(each) for each in sending.read_all(client, url)]
        return tuple(
            each
            for each in listed
            if (resource_type is None or each.id.is_type(resource_type))
            and (name is None or each.id.name.lower() == name.lower())
        )

    def list_vaults(self) -> tuple[Vault, ...]:
        """Return the Recovery Services vaults of the subscription. Safe to repeat.

        Permission: ``Microsoft.RecoveryServices/Vaults/read`` on each; others are left out.

        Raises:
            AzremedyError: as ``translating`` tells them.
        """
        return tuple(
            Vault(id=each.id, location=each.location) for each in self.list_resources(VAULT)
        )

    def find_vms(self, name: str) -> tuple[ListedResource, ...]:
        """Return the VMs with exactly this name, in whichever groups they are. Safe to repeat.

        Permission: ``Microsoft.Compute/virtualMachines/read`` on each; others are left out.

        Raises:
            AzremedyError: as ``translating`` tells them.
        """
        return self.list_resources(VIRTUAL_MACHINE, name=name)


def _quoted(value: str) -> str:
    return value.replace("'", "''")


def parse_group(document: Json) -> ResourceGroup:
    """Read a resource group from ARM's JSON."""
    return ResourceGroup(
        id=resource_id(document),
        location=text(document, "location"),
        managed_by=text(document, "managedBy"),
    )


def parse_listed_resource(document: Json) -> ListedResource:
    """Read an entry of a generic list from ARM's JSON."""
    return ListedResource(id=resource_id(document), location=text(document, "location"))
