"""Names for completion: those that commands have just met, and those that are kept here.

Completion never signs in and never sends anything. Commands leave the ids that they listed in a
file of their own, and completion offers them for a quarter of an hour.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from azremedy.cli.settings import SETTINGS
from azremedy.errors import MalformedIdError
from azremedy.ids import RESOURCE_GROUP, VIRTUAL_MACHINE, ResourceId, is_guid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LIFE_S = 15 * 60
"""Seconds for which a name is offered after a command has met it."""
MOST = 5000
"""How many names are kept: completion has to be quick."""
_WORLD = "azremedy.world"


def find_cache() -> Path:
    """Name the file; ``AZREMEDY_CACHE_DIR`` names another folder than the platform's."""
    if named := os.environ.get("AZREMEDY_CACHE_DIR"):
        return Path(named) / "names.json"
    from platformdirs import user_cache_path  # noqa: PLC0415 - 10 ms that few calls need

    return user_cache_path("azremedy", appauthor=False) / "names.json"


def keep_world(world: str) -> None:
    """Leave in the context in which world the running command works: a cloud, or a sandbox."""
    click.get_current_context().meta[_WORLD] = world


def remember(ids: Iterable[ResourceId], *, now: float | None = None) -> None:
    """Keep ids of VMs and groups for completion. What cannot be kept is not missed.

    Args:
        ids: those that the running command met; other types are left out.
        now: seconds since the epoch.
    """
    met = [str(id_) for id_ in ids if id_.is_type(VIRTUAL_MACHINE) or id_.is_type(RESOURCE_GROUP)]
    context = click.get_current_context(silent=True)
    if not met or context is None or (world := context.meta.get(_WORLD)) is None:
        return
    seen = time.time() if now is None else now
    path = find_cache()
    known = {**_read(path, seen), **{(world, id_): seen for id_ in met}}
    newest = sorted(known.items(), key=lambda each: each[1])[-MOST:]
    _write(path, [[world, id_, at] for (world, id_), at in newest])


def _read(path: Path, now: float) -> dict[tuple[str, str], float]:
    """Read what is still fresh; a file that is none of ours is an empty one."""
    try:
        rows: Any = json.loads(path.read_text(encoding="utf-8"))
        return {(world, id_): at for world, id_, at in rows if 0 <= now - at < LIFE_S}
    except (OSError, ValueError, TypeError):
        return {}


def _write(path: Path, rows: list[Any]) -> None:
    """Write the file for its owner's eyes only, at once or not at all."""
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            # In one piece: written bit by bit it takes ten times as long.
            file.write(json.dumps(rows))
        beside.replace(path)
    except OSError:
        with suppress(OSError):
            beside.unlink()


def _list_known(ctx: click.Context) -> Iterator[ResourceId]:
    """List the ids that were met in the world and subscription of the command line."""
    world = ctx.params.get("sandbox") or ctx.params.get("cloud") or "public"
    subscription = str(ctx.params.get("subscription") or "").lower()
    for kept, text in _read(find_cache(), time.time()):
        with suppress(MalformedIdError):
            id_ = ResourceId.parse(text)
            # A subscription's name cannot be compared with ids: then all are offered.
            elsewhere = is_guid(subscription) and subscription != id_.subscription_id.lower()
            if kept == world and not elsewhere:
                yield id_


def complete_vms(
    ctx: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """Offer the VMs that commands have just met: names for ``--vm``, whole ids for ``--ids``."""
    group = str(ctx.params.get("resource_group") or "").lower()
    vms = [
        id_
        for id_ in _list_known(ctx)
        if id_.is_type(VIRTUAL_MACHINE) and group in {"", id_.resource_group.lower()}
    ]
    whole = parameter.name == "ids" or incomplete.startswith("/")
    offered = {str(id_) if whole else id_.name: f"in {id_.resource_group}" for id_ in vms}
    return _offer(dict(sorted(offered.items())), incomplete)


def complete_groups(
    ctx: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """Offer the groups that commands have just met."""
    return _offer({id_.resource_group: "" for id_ in sorted(_list_known(ctx))}, incomplete)


def complete_runs(
    ctx: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """Offer the runs whose journals are on this machine, the newest first."""
    from azremedy.api.stores import find_state, is_url  # noqa: PLC0415 - only for runs

    rehearsals = bool(ctx.params.get("sandbox") or ctx.params.get("rehearsals"))
    if is_url(state := find_state(ctx.params.get("state"))):
        return []
    folder = Path(state, "sandbox" if rehearsals else "", "runs")
    names = sorted((path.name for path in folder.glob("*")), reverse=True)
    return _offer(dict.fromkeys(names, ""), incomplete)


def complete_scenarios(
    _ctx: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """Offer the scenarios that come with azremedy; they are files of its own."""
    folder = Path(__file__).parents[1] / "sandbox" / "scenarios"
    return _offer(
        dict.fromkeys(sorted(path.stem for path in folder.glob("*.yaml")), ""), incomplete
    )


def complete_codes(
    _ctx: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """Offer the error codes that have a playbook."""
    from azremedy.playbooks.folders import find_folder  # noqa: PLC0415 - only for codes

    names = sorted(path.stem for path in find_folder().glob("*.yaml"))
    return _offer(dict.fromkeys(names, ""), incomplete)


def complete_settings(
    _ctx: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """Offer the settings by name."""
    return _offer({name: setting.help for name, setting in SETTINGS.items()}, incomplete)


def complete_pairs(
    _ctx: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """Offer the settings with what goes before their value."""
    return _offer({f"{name}=": setting.help for name, setting in SETTINGS.items()}, incomplete)


def _offer(offered: dict[str, str], incomplete: str) -> list[CompletionItem[str]]:
    """Offer what begins so; Azure's names have no case."""
    begins = incomplete.lower()
    return [
        CompletionItem(value, help=help_ or None)
        for value, help_ in offered.items()
        if value.lower().startswith(begins)
    ]
