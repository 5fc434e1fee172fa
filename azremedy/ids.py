"""ARM resource ids: parsed once, kept as written, compared without case.

Source: learn.microsoft.com/azure/azure-resource-manager/management/overview (resource ids are
case-insensitive) and recorded Azure traffic, in which one resource's id appears with
``resourceGroups``, ``resourcegroups`` and upper-cased group names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from azremedy.errors import MalformedIdError, WrongResourceTypeError

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

VIRTUAL_MACHINE = "Microsoft.Compute/virtualMachines"
RESTORE_POINT_COLLECTION = "Microsoft.Compute/restorePointCollections"
RESTORE_POINT = "Microsoft.Compute/restorePointCollections/restorePoints"
EXTENSION = "Microsoft.Compute/virtualMachines/extensions"
LOCK = "Microsoft.Authorization/locks"
VAULT = "Microsoft.RecoveryServices/vaults"
RESOURCE_GROUP = "Microsoft.Resources/resourceGroups"
SUBSCRIPTION = "Microsoft.Resources/subscriptions"
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True, eq=False)
class ResourceId:
    """One ARM resource id of a subscription, a resource group, a resource or an extension resource.

    Equality and hash ignore case; ``str()`` gives the id as it was written, without doubled or
    trailing slashes.
    """

    text: str
    """The id as written."""

    @classmethod
    def parse(cls, text: str) -> ResourceId:
        """Read an id.

        Raises:
            MalformedIdError: when the text is not an id below a subscription.
        """
        cleaned = "/" + "/".join(part for part in text.strip().split("/") if part)
        if (fault := _fault(cleaned.split("/")[1:])) is not None:
            raise MalformedIdError(f"'{text}' is not an ARM resource id: {fault}")
        return cls(cleaned)

    @classmethod
    def of_group(cls, subscription_id: str, name: str) -> ResourceId:
        """Compose the id of a resource group.

        Raises:
            MalformedIdError: when the subscription is no GUID or the name cannot be a name.
        """
        return cls.parse(f"/subscriptions/{subscription_id}").child("resourceGroups", name)

    def __str__(self) -> str:
        return self.text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ResourceId) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __lt__(self, other: ResourceId) -> bool:
        return self.key < other.key

    @property
    def key(self) -> str:
        """The id in the form that is compared: lower case."""
        return self.text.lower()

    @property
    def segments(self) -> tuple[str, ...]:
        """The parts between the slashes."""
        return tuple(self.text.split("/")[1:])

    @property
    def subscription_id(self) -> str:
        """The subscription's GUID."""
        return self.segments[1]

    @property
    def subscription(self) -> ResourceId:
        """The id of the subscription."""
        return ResourceId("/" + "/".join(self.segments[:2]))

    @property
    def resource_group(self) -> str:
        """The resource group's name; empty for a subscription and what hangs on it directly."""
        parts = self.segments
        return parts[3] if len(parts) > 3 and parts[2].lower() == "resourcegroups" else ""  # noqa: PLR2004 - position in an ARM id

    @property
    def group(self) -> ResourceId:
        """The id of the resource group; the subscription's where there is none."""
        return (
            ResourceId("/" + "/".join(self.segments[:4]))
            if self.resource_group
            else (self.subscription)
        )

    @property
    def resource_type(self) -> str:
        """Namespace and type of the innermost resource, as written."""
        at = self._provider_at()
        if at is None:
            return RESOURCE_GROUP if self.resource_group else SUBSCRIPTION
        return "/".join((self.segments[at + 1], *self.segments[at + 2 :: 2]))

    @property
    def name(self) -> str:
        """The innermost resource's name."""
        return self.segments[-1]

    @property
    def parent(self) -> ResourceId:
        """The resource, group or subscription that this one lies in directly."""
        at = self._provider_at()
        if at is None:
            return self.subscription
        keep = len(self.segments) - 2
        return ResourceId("/" + "/".join(self.segments[: at if keep == at + 2 else keep]))

    @property
    def scope(self) -> ResourceId:
        """What an extension resource such as a lock is attached to."""
        at = self._provider_at()
        return self if at is None else ResourceId("/" + "/".join(self.segments[:at]))

    def is_type(self, resource_type: str) -> bool:
        """Say whether the innermost resource is of this type, without case."""
        return self.resource_type.lower() == resource_type.lower()

    def require_type(self, resource_type: str) -> ResourceId:
        """Give the id back: calls take only its group and names, so another type's would do harm.

        Raises:
            WrongResourceTypeError: it is of another type.
        """
        if not self.is_type(resource_type):
            raise WrongResourceTypeError(
                f"'{self}' is the id of a {self.resource_type}, not of a {resource_type}"
            )
        return self

    def contains(self, other: ResourceId) -> bool:
        """Say whether ``other`` is this resource or lies below it."""
        return other.key == self.key or other.key.startswith(self.key + "/")

    def child(self, *parts: str) -> ResourceId:
        """Compose the id of something directly below, from type and name parts.

        Raises:
            MalformedIdError: when a part cannot be a name, or the id would have another depth.
        """
        for part in parts:
            if not part or "/" in part:
                raise MalformedIdError(f"'{part}' is not a name, so {self} has no such child")
        return ResourceId.parse("/".join((self.text, *parts)))

    def _provider_at(self) -> int | None:
        # By position: a VM, a group and a lock may each be named 'providers'.
        parts, found = list(self.segments), None
        at = 4 if self.resource_group else 2
        while at < len(parts):
            found, at = at, at + _chain_length(parts[at:])
        return found

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        """Let pydantic write an id as its text and read it back; called by ``wire`` only."""
        from pydantic_core import core_schema  # noqa: PLC0415 - the domain runs without pydantic

        return core_schema.no_info_plain_validator_function(
            lambda value: value if isinstance(value, cls) else cls.parse(str(value)),
            serialization=core_schema.plain_serializer_function_ser_schema(
                str, return_schema=core_schema.str_schema()
            ),
            json_schema_input_schema=core_schema.str_schema(),
        )


def _fault(parts: list[str]) -> str | None:
    # HTTP clients fold dot segments, so '…/extensions/..' would be a request about the VM.
    if "." in parts or ".." in parts or not "".join(parts).isprintable():
        odd = next(part for part in parts if part in {".", ".."} or not part.isprintable())
        return f"{odd!r} cannot be a name"
    if len(parts) < 2 or parts[0].lower() != "subscriptions":  # noqa: PLR2004 - position in an ARM id
        return "it does not start with /subscriptions/<guid>"
    if not is_guid(parts[1]):
        return f"the subscription '{parts[1]}' is not a GUID"
    rest = parts[2:]
    if rest and rest[0].lower() == "resourcegroups":
        if len(rest) < 2:  # noqa: PLR2004 - position in an ARM id
            return "the resource group's name is missing"
        rest = rest[2:]
    return _provider_fault(rest)


def _provider_fault(rest: list[str]) -> str | None:
    while rest:
        if rest[0].lower() != "providers":
            return f"'{rest[0]}' stands where 'providers' is expected"
        length = _chain_length(rest)
        if length < 4 or length % 2:  # noqa: PLR2004 - providers, namespace, type, name
            return "each resource type needs a name"
        rest = rest[length:]
    return None


def _chain_length(parts: list[str]) -> int:
    """Count ``providers``, namespace, types and names up to the next ``providers`` or the end."""
    places = range(2, len(parts), 2)
    return next((at for at in places if parts[at].lower() == "providers"), len(parts))


def is_guid(text: str) -> bool:
    """Say whether a text is a GUID with its dashes, such as a subscription id."""
    return _GUID.fullmatch(text) is not None
