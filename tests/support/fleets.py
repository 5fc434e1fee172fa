"""Make a fleet out of a scenario with one VM: as many VMs with the same trouble."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from tests.support.stages import SUBSCRIPTION

if TYPE_CHECKING:
    from azremedy.sandbox.scenario import Scenario
    from tests.support.stages import Json

FIRST = "web-1"
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NUMBER = re.compile(r"(?<=web-1_)\d{15}")


def name_vm(number: int) -> str:
    """Name the VM with this number, from 1."""
    return f"web-{number}"


def multiply(base: Scenario, count: int) -> Scenario:
    """Give a world in which ``web-1`` stands ``count`` times, each with all that is its own."""
    own = [json.dumps(each) for each in base.resources if FIRST in each["id"]]
    more = [_copy(text, number) for number in range(2, count + 1) for text in own]
    return replace(base, resources=(*base.resources, *more))


def _copy(text: str, number: int) -> Json:
    """Rename the VM in a document, and give it identifiers of its own."""
    renumbered = _NUMBER.sub(lambda found: str(int(found[0]) + number), text)
    renamed = re.sub(rf"{FIRST}(?!\d)", name_vm(number), renumbered)
    return json.loads(_GUID.sub(lambda found: _renew(found[0], number), renamed))


def _renew(guid: str, number: int) -> str:
    return guid if guid == SUBSCRIPTION else str(uuid5(NAMESPACE_URL, f"{guid}/{number}"))
