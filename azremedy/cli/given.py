"""Take the options that commands share out of what Click has parsed."""

from __future__ import annotations

import json
import sys
from typing import Any

from azremedy import api
from azremedy.errors import UsageError


def take_connection(options: dict[str, Any]) -> api.ConnectOptions:
    """Take the connection's options out of a command's options.

    Raises:
        UsageError: for an option that is empty, as when a script's variable is not set: it must
            not silently mean the default, least of all Azure instead of a sandbox.
    """
    names = ("subscription", "tenant", "cloud", "sandbox", "record", "read_only")
    given = {name: options.pop(name) for name in names}
    if empty := next((name for name, value in given.items() if value == ""), None):
        raise UsageError(f"--{empty} is empty", advice="Give it a value, or leave it out.")
    if given["record"] and not given["sandbox"]:
        raise UsageError("--record needs --sandbox", advice="Only sandboxes record exchanges.")
    return api.ConnectOptions(**given)


def take_targets(options: dict[str, Any]) -> api.VmNames:
    """Take the VMs' options out of a command's options, with the ids on standard input.

    Raises:
        UsageError: when no VM is named.
    """
    asked = take_vms(options)
    if not asked.names:
        raise UsageError("No VM is named", advice="Give --vm NAME or --ids ID.")
    return asked


def take_vms(options: dict[str, Any]) -> api.VmNames:
    """Take the VMs' options out of a command's options; there may be none.

    Raises:
        UsageError: for an empty name, an ``--ids`` that is no id, or input that cannot be read.
    """
    names, ids = (
        tuple(name for text in options.pop(key) for name in _expand(text)) for key in ("vms", "ids")
    )
    group = options.pop("resource_group")
    if "" in (*names, *ids, group):
        raise UsageError("A VM's name or group is empty", advice="See the command's --help.")
    if plain := next((id_ for id_ in ids if "/" not in id_), None):
        raise UsageError(f"--ids takes whole ids, not '{plain}'", advice="Give names with --vm.")
    return api.VmNames(names=tuple(dict.fromkeys((*names, *ids))), resource_group=group)


def _expand(text: str) -> tuple[str, ...]:
    """Read ids from standard input: separated by white space, or a JSON list as the CLI writes."""
    if text != "-":
        return (text,)
    try:
        given = sys.stdin.read().removeprefix("\ufeff").strip()
        if not given.startswith("["):
            return tuple(given.split())
        return tuple(
            str(each["id"] if isinstance(each, dict) else each) for each in json.loads(given)
        )
    except (ValueError, KeyError) as error:
        raise UsageError(
            f"Standard input cannot be read as ids: {error}",
            advice="Give ids separated by white space, or a JSON list of ids or of resources.",
        ) from error
