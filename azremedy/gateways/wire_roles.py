"""What all who ask Microsoft.Authorization about roles share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.gateways.wire_json import section, text

if TYPE_CHECKING:
    from azremedy.gateways.wire_json import Json

API_VERSION = "2022-04-01"
READ_ASSIGNMENTS = "Microsoft.Authorization/roleAssignments/read"
READ_DEFINITIONS = "Microsoft.Authorization/roleDefinitions/read"


def is_assigned(document: Json, object_id: str) -> bool:
    """Say whether an assignment of the list is the principal's own, or a group's that it is in."""
    properties = section(document, "properties")
    own = text(properties, "principalId").lower() == object_id.lower()
    return own or text(properties, "principalType").lower() == "group"
