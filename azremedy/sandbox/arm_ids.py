"""Take ARM resource ids apart."""

from __future__ import annotations

from dataclasses import dataclass

_SUBSCRIPTION_TYPE = "Microsoft.Resources/subscriptions"
_GROUP_TYPE = "Microsoft.Resources/resourceGroups"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmId:
    """The parts of one resource id, each in the letter case in which it was written."""

    text: str
    """The whole id, without a slash at its end."""
    scope: str
    """The id that the last `/providers/` part hangs on: group, subscription or, for an extension
    resource such as a lock, the resource that it extends; empty for a tenant-wide resource."""
    parent: str
    """The id one level up: the VM of an extension, the group of a VM, what a lock locks."""
    provider: str
    """The namespace, such as `Microsoft.Compute`."""
    type: str
    """The full type, such as `Microsoft.Compute/virtualMachines/extensions`."""
    name: str
    """The last name."""
    subscription: str
    """The subscription's guid; empty when the id names none."""
    group: str
    """The resource group's name; empty when the id names none."""

    @property
    def key(self) -> str:
        """Give the id for comparison: ARM ignores case."""
        return key(self.text)


def key(text: str) -> str:
    """Give an id for comparison."""
    return "/" + text.strip("/").lower()


def within(text: str, scope: str) -> bool:
    """Tell whether an id is `scope` itself or lies beneath it; the root `/` holds everything."""
    inner, outer = key(text), key(scope)
    return outer in {"/", inner} or inner.startswith(outer + "/")


def is_above_subscriptions(scope: str) -> bool:
    """Tell whether a scope is the root or a management group, which hold all subscriptions here."""
    return not key(scope).startswith("/subscriptions/")


def parse(text: str) -> ArmId:
    """Take a whole resource id apart.

    Raises:
        ValueError: when the text is not the id of one resource.
    """
    parts = text.strip("/").split("/")
    if not all(parts):
        raise ValueError(f"'{text}' has an empty part")
    subscription = _after(parts, "subscriptions")
    group = _after(parts, "resourcegroups") if subscription else ""
    lowered = [part.lower() for part in parts]
    if "providers" in lowered:
        return _resource(parts, subscription=subscription, group=group)
    return _container(parts, subscription=subscription, group=group)


def type_of_path(path: str) -> str:
    """Name the resource type of an id or of the list of a type; empty when there is none."""
    parts = path.strip("/").split("/")
    lowered = [part.lower() for part in parts]
    if "providers" in lowered:
        tail = parts[_last(lowered, "providers") + 1 :]
        return "/".join([*tail[:1], *tail[1::2]])
    if "resourcegroups" in lowered:
        return _GROUP_TYPE
    return _SUBSCRIPTION_TYPE if lowered[:1] == ["subscriptions"] else ""


def _after(parts: list[str], label: str) -> str:
    """Give the part behind a label at the place where ARM has it, or nothing."""
    place = 0 if label == "subscriptions" else 2
    if len(parts) > place + 1 and parts[place].lower() == label:
        return parts[place + 1]
    return ""


def _last(lowered: list[str], label: str) -> int:
    return len(lowered) - 1 - lowered[::-1].index(label)


def _resource(parts: list[str], *, subscription: str, group: str) -> ArmId:
    cut = _last([part.lower() for part in parts], "providers")
    tail = parts[cut + 1 :]
    if len(tail) < 3 or len(tail) % 2 == 0:  # noqa: PLR2004 # namespace, then pairs of type and name
        raise ValueError(f"'/{'/'.join(parts)}' is not the id of one resource")
    scope = _join(parts[:cut])
    is_child = len(tail) > 3  # noqa: PLR2004 # more than one pair
    return ArmId(
        text=_join(parts),
        scope=scope,
        parent=_join(parts[:-2]) if is_child else scope,
        provider=tail[0],
        type="/".join([tail[0], *tail[1::2]]),
        name=tail[-1],
        subscription=subscription,
        group=group,
    )


def _container(parts: list[str], *, subscription: str, group: str) -> ArmId:
    is_group = bool(group) and len(parts) == 4  # noqa: PLR2004 # two labels, two names
    is_subscription = bool(subscription) and len(parts) == 2  # noqa: PLR2004 # a label, a name
    if not (is_group or is_subscription):
        raise ValueError(f"'/{'/'.join(parts)}' is not a resource id")
    parent = _join(parts[:2]) if is_group else ""
    return ArmId(
        text=_join(parts),
        scope=parent,
        parent=parent,
        provider="Microsoft.Resources",
        type=_GROUP_TYPE if is_group else _SUBSCRIPTION_TYPE,
        name=parts[-1],
        subscription=subscription,
        group=group,
    )


def _join(parts: list[str]) -> str:
    return "/" + "/".join(parts) if parts else ""
