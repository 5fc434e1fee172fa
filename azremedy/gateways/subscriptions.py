"""Find out which subscription is meant: from the option, the environment or the Azure CLI."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from azremedy.errors import AmbiguousTargetError, TargetNotFoundError, UsageError
from azremedy.gateways import sending
from azremedy.gateways.translate import translating
from azremedy.gateways.wire_json import Json, sections, text
from azremedy.ids import is_guid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from azremedy.gateways.clients import Connect, DocumentClient

API_VERSION = "2022-12-01"
_ADVICE = (
    "Give --subscription, set AZURE_SUBSCRIPTION_ID, or choose one with 'az account set "
    "--subscription <name or id>'."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A subscription that the caller can see."""

    id: str
    """Its GUID."""
    name: str
    """Its display name, which need not be unique."""
    state: str = ""
    """``Enabled``, ``Disabled``, ``Warned``, ``PastDue`` or ``Deleted``."""


class SubscriptionsGateway:
    """The subscriptions of the signed-in identity."""

    def __init__(self, connect: Connect[DocumentClient]) -> None:
        self._connect = connect

    def list_subscriptions(self) -> tuple[Subscription, ...]:
        """Return all subscriptions that the caller can see, of the credential's tenant.

        Needs no particular action: ARM leaves out what may not be read. Safe to repeat.

        Raises:
            AzremedyError: as ``translating`` tells them.
        """
        with translating("listing the subscriptions"):
            found = sending.read_all(self._connect(), f"/subscriptions?api-version={API_VERSION}")
            return tuple(map(parse_subscription, found))


def parse_subscription(document: Json) -> Subscription:
    """Read a subscription from ARM's JSON."""
    return Subscription(
        id=text(document, "subscriptionId"),
        name=text(document, "displayName"),
        state=text(document, "state"),
    )


def choose_subscription(option: str | None, *, environ: Mapping[str, str], home: Path) -> str:
    """Return the name or GUID of the subscription that is meant; sends nothing.

    The option wins over ``AZURE_SUBSCRIPTION_ID``, which wins over the Azure CLI's default
    subscription in ``$AZURE_CONFIG_DIR`` or ``~/.azure``.

    Args:
        option: the command line's word.
        environ: the process environment.
        home: the user's home folder.

    Raises:
        UsageError: none of the three says anything, or the CLI's file cannot be read.
    """
    if chosen := (option or "").strip() or environ.get("AZURE_SUBSCRIPTION_ID", "").strip():
        return chosen
    folder = Path(environ.get("AZURE_CONFIG_DIR") or home / ".azure")
    chosen = _default_of_cli(folder / "azureProfile.json")
    if not chosen:
        raise UsageError("no subscription was given", advice=_ADVICE)
    return chosen


def _default_of_cli(profile: Path) -> str:
    try:
        # The CLI writes a byte order mark.
        document: Any = json.loads(profile.read_text(encoding="utf-8-sig"))
        entries = sections(document, "subscriptions")
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, AttributeError) as error:
        raise UsageError(f"{profile} cannot be read", advice=_ADVICE) from error
    return next((text(entry, "id") for entry in entries if entry.get("isDefault") is True), "")


def resolve_subscription(
    name_or_id: str, list_subscriptions: Callable[[], Iterable[Subscription]]
) -> str:
    """Return the GUID; a name is looked up without case, a GUID is taken as it is.

    Args:
        name_or_id: what ``choose_subscription`` returned.
        list_subscriptions: the gateway's method; called only for a name.

    Raises:
        TargetNotFoundError: no visible subscription has this name.
        AmbiguousTargetError: several have.
    """
    if is_guid(name_or_id):
        return name_or_id.lower()
    wanted = name_or_id.casefold()
    fitting = [each.id for each in list_subscriptions() if each.name.casefold() == wanted]
    if not fitting:
        raise TargetNotFoundError(
            f"no subscription named '{name_or_id}' can be seen",
            advice="Check the name and the sign-in's tenant, or give the subscription's GUID.",
        )
    if len(fitting) > 1:
        raise AmbiguousTargetError(
            f"{len(fitting)} subscriptions are named '{name_or_id}': {', '.join(fitting)}",
            advice="Give the subscription's GUID.",
        )
    return fitting[0]
