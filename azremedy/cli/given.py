"""Take the options that commands share out of what Click has parsed."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from azremedy import api
from azremedy.cli.names import keep_world
from azremedy.errors import UsageError

if TYPE_CHECKING:
    from azremedy.domain.steps import WaitFor


def take_connection(options: dict[str, Any]) -> api.ConnectOptions:
    """Take the connection's options out of a command's options.

    The person's own defaults are about real Azure: in a sandbox only the command line holds.

    Raises:
        UsageError: for an option that is empty, as when a script's variable is not set: it must
            not silently mean the default, least of all Azure instead of a sandbox.
    """
    names = ("subscription", "tenant", "cloud", "sandbox", "record", "read_only")
    given = {name: options.pop(name) for name in names}
    given["state"] = options.pop("state", None)
    if empty := next((name for name, value in given.items() if value == ""), None):
        raise UsageError(f"--{empty} is empty", advice="Give it a value, or leave it out.")
    if given["record"] and not given["sandbox"]:
        raise UsageError("--record needs --sandbox", advice="Only sandboxes record exchanges.")
    return take_place(given)


def take_place(given: dict[str, Any]) -> api.ConnectOptions:
    """Make the connection's options of what is given for some of them."""
    if given["sandbox"]:
        given |= {name: None for name in ("subscription", "tenant") if not is_typed(name)}
    keep_world(given["sandbox"] or given["cloud"])
    return api.ConnectOptions(**given)


def take_connection_of_run(options: dict[str, Any]) -> api.ConnectOptions:
    """Take the connection's options for a run or a plan that knows its own subscription.

    Raises:
        UsageError: as :func:`take_connection`.
    """
    given = take_connection(options)
    return given if is_typed("subscription") else replace(given, subscription=None)


def is_typed(name: str) -> bool:
    """Say whether an option's value was given on the command line, and is no default."""
    source = click.get_current_context().get_parameter_source(name)
    return source is click.core.ParameterSource.COMMANDLINE


def take_targets(options: dict[str, Any]) -> api.VmNames:
    """Take the VMs' options out of a command's options, with the ids on standard input.

    Raises:
        UsageError: when no VM is named.
    """
    asked = take_vms(options)
    # That a scan found no VM is an answer; that nobody was named is not.
    if not (asked.names or asked.origin or asked.all_failed):
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
    group = _choose_group(options.pop("resource_group"), (*names, *ids))
    if "" in (*names, *ids, group):
        raise UsageError("A VM's name or group is empty", advice="See the command's --help.")
    if plain := next((id_ for id_ in ids if "/" not in id_), None):
        raise UsageError(f"--ids takes whole ids, not '{plain}'", advice="Give names with --vm.")
    asked = api.VmNames(names=tuple(dict.fromkeys((*names, *ids))), resource_group=group)
    return _add_scanned(options, asked)


def _add_scanned(options: dict[str, Any], asked: api.VmNames) -> api.VmNames:
    """Take VMs that a scan found, or is to find.

    Raises:
        UsageError: they are named in other ways too, or it is no scan.
    """
    path, causes = options.pop("from_scan"), tuple(options.pop("causes"))
    all_failed = options.pop("all_failed", False)
    if causes and not (path or all_failed):
        raise UsageError("--cause needs --from-scan", advice="Name the scan that has this cause.")
    if sum(map(bool, (asked.names, path, all_failed))) > 1:
        raise UsageError("VMs are named in several ways", advice="Leave all but one out.")
    if path is None:
        return replace(asked, all_failed=all_failed, causes=causes)
    from azremedy.api import scan  # noqa: PLC0415 - most targets are named

    named = str(path) == "-"
    found = scan.parse_scan(sys.stdin.read(), "Standard input") if named else scan.load_scan(path)
    return api.VmNames(names=tuple(map(str, scan.choose_vms(found, causes))), origin=found.origin)


def _choose_group(group: str | None, names: tuple[str, ...]) -> str | None:
    """Leave a default group out where it is not meant: in a sandbox, and beside whole ids."""
    in_sandbox = click.get_current_context().params.get("sandbox") is not None
    if not is_typed("resource_group") and (in_sandbox or any("/" in name for name in names)):
        return None
    return group


def take_wait(options: dict[str, Any], name: str) -> WaitFor:
    """Take how far a backup is followed out of ``--wait``, called so, and ``--no-wait``.

    Raises:
        UsageError: for both.
    """
    wait = api.WaitFor(options.pop(name))
    if not options.pop("no_wait"):
        return wait
    if is_typed(name) and wait is not api.WaitFor.NONE:
        raise UsageError(f"--no-wait and --wait {wait} contradict", advice="Leave one out.")
    return api.WaitFor.NONE


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
