"""Let a VM reach Azure Storage, and take that back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from azremedy.domain.steps.base import Reversible
from azremedy.ids import ResourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class AddSecurityRule:
    """Add one outbound rule that allows Azure Storage; no existing rule is changed."""

    permission: ClassVar[str] = "Microsoft.Network/networkSecurityGroups/securityRules/write"
    reversible: ClassVar[Reversible] = Reversible.YES
    repeatable: ClassVar[bool] = True

    rule_id: ResourceId
    """The rule that is made; its name must be free."""
    priority: int
    """100 to 4096; the number must be free, and below that of the rule that denies."""
    destination: str
    """The service tag, such as ``Storage.WestEurope``."""
    ports: tuple[str, ...]
    """Destination ports: ``443``, and ``8443`` as the article asks for managed disks."""
    kind: Literal["AddSecurityRule"] = "AddSecurityRule"

    @property
    def target(self) -> ResourceId:
        """The rule's id."""
        return self.rule_id


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveSecurityRule:
    """Remove the rule that ``AddSecurityRule`` made, if it is still as it was made."""

    permission: ClassVar[str] = "Microsoft.Network/networkSecurityGroups/securityRules/delete"
    reversible: ClassVar[Reversible] = Reversible.YES
    repeatable: ClassVar[bool] = True

    rule_id: ResourceId
    """The rule."""
    priority: int
    """What it must still be."""
    destination: str
    """What it must still be."""
    ports: tuple[str, ...]
    """What they must still be."""
    kind: Literal["RemoveSecurityRule"] = "RemoveSecurityRule"

    @property
    def target(self) -> ResourceId:
        """The rule's id."""
        return self.rule_id


@dataclass(frozen=True, slots=True, kw_only=True)
class AddServiceEndpoint:
    """Add a service endpoint to a subnet; connections of its VMs may be cut for a moment.

    Source: learn.microsoft.com/azure/virtual-network/virtual-network-service-endpoints-overview.
    """

    permission: ClassVar[str] = "Microsoft.Network/virtualNetworks/subnets/write"
    reversible: ClassVar[Reversible] = Reversible.YES
    repeatable: ClassVar[bool] = True

    subnet_id: ResourceId
    """The subnet."""
    service: str = "Microsoft.Storage"
    """The service that is reached without the internet."""
    kind: Literal["AddServiceEndpoint"] = "AddServiceEndpoint"

    @property
    def target(self) -> ResourceId:
        """The subnet's id."""
        return self.subnet_id


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveServiceEndpoint:
    """Take a service endpoint off a subnet again."""

    permission: ClassVar[str] = "Microsoft.Network/virtualNetworks/subnets/write"
    reversible: ClassVar[Reversible] = Reversible.YES
    repeatable: ClassVar[bool] = True

    subnet_id: ResourceId
    """The subnet."""
    service: str = "Microsoft.Storage"
    """The service."""
    kind: Literal["RemoveServiceEndpoint"] = "RemoveServiceEndpoint"

    @property
    def target(self) -> ResourceId:
        """The subnet's id."""
        return self.subnet_id
