"""``azremedy sandbox``: serve, list, exec, capture."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from azremedy import api
from azremedy.api import capture as copying
from azremedy.cli import console
from azremedy.cli.debugging import talk_options
from azremedy.cli.given import take_place
from azremedy.cli.names import complete_scenarios
from azremedy.cli.options import place_in_azure
from azremedy.cli.output import answer_document, asked, output_options
from azremedy.cli.suggesting import Suggesting
from azremedy.errors import EXIT_DONE, EXIT_FAILURES, RefusedError, UsageError
from azremedy.redaction import redact_values
from azremedy.report.groups_text import show_gaps

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azremedy.sandbox.scenario import Scenario


@click.group("sandbox", cls=Suggesting)
def command() -> None:
    """Rehearse against a local Azure Resource Manager.

    A world is described by a scenario: one that comes with azremedy, or a YAML file of your own.

    \b
    Examples:
      azremedy sandbox list
      azremedy sandbox serve restore-point-limit
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines


@command.command("list")
@output_options
def list_scenarios(**_: str) -> None:
    """List the scenarios that come with azremedy.

    Each is a world that is broken in one way, or in several. A file of your own may extend one of
    them and say only what is different: `extends: NAME`, then `change`, `remove` and `resources`.

    \b
    Examples:
      azremedy sandbox list
      azremedy sandbox list -o tsv --query "[].name"
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    from azremedy.sandbox import scenario_shelves  # noqa: PLC0415 - only this command

    shelves = scenario_shelves.shelves()
    if asked().for_people:
        _show_shelves(shelves)
        return
    answer_document(
        [
            {"name": each.name, "title": each.title, "shelf": heading}
            for heading, scenarios in shelves
            for each in scenarios
        ]
    )


def _show_shelves(shelves: Iterable[tuple[str, tuple[Scenario, ...]]]) -> None:
    for number, (heading, scenarios) in enumerate(shelves):
        if number:
            click.echo()
        click.echo(heading)
        width = max(len(each.name) for each in scenarios)
        for each in scenarios:
            click.echo(f"  {each.name:<{width}}  {each.title}")


@command.command("coverage")
def show_coverage() -> None:
    """Say which operations the sandbox emulates, as a Markdown table.

    \b
    Examples:
      azremedy sandbox coverage
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    from azremedy.sandbox import coverage  # noqa: PLC0415 - only this command

    click.echo(coverage.table())


@command.command("serve")
@click.argument("scenario", shell_complete=complete_scenarios)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port; any free one if 0.")
@click.option(
    "--speed",
    type=click.FloatRange(min=0),
    default=1.0,
    show_default=True,
    help="Seconds of the world for each real second.",
)
@click.option(
    "--record",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write each HTTP exchange to this file, one JSON line each.",
)
@click.option(
    "--realistic", is_flag=True, help="Ask clients to wait in whole seconds, as Azure does."
)
@click.option(
    "--token-life",
    "token_life_s",
    type=click.IntRange(min=0),
    default=86_400,
    show_default=True,
    metavar="SECONDS",
    help="How long a sign-in lasts; 0 for tokens that have always run out.",
)
def serve(scenario: str, **setting: Any) -> None:
    """Serve a world on loopback until Ctrl-C.

    Prints one line of JSON when clients may come: where Resource Manager and sign-in are, the
    certificate authority's file, and the environment that points azremedy, the Azure SDKs and the
    Azure CLI at it.

    \b
    Examples:
      azremedy sandbox serve restore-point-limit
      azremedy sandbox serve my-world.yaml --port 8443 --speed 60 --record exchanges.jsonl
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    from azremedy.sandbox import server  # noqa: PLC0415 - loads a web server

    try:
        server.serve(
            server.Setting(scenario=_load(scenario), **setting),
            ready=lambda document: click.echo(json.dumps(document)),
        )
    except OSError as error:
        raise RefusedError(
            f"The sandbox cannot listen on port {setting['port']}: {error.strerror or error}",
            advice="Choose another --port, or none for any free one.",
        ) from error


@command.command("exec", context_settings={"ignore_unknown_options": True})
@click.argument("scenario", shell_complete=complete_scenarios)
@click.argument("program", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option(
    "--speed",
    type=click.FloatRange(min=0),
    default=1.0,
    show_default=True,
    help="Seconds of the world for each real second.",
)
def exec_program(scenario: str, *, program: tuple[str, ...], speed: float) -> None:
    """Run any Azure program, unmodified, against a world.

    The program believes that it talks to public Azure; every other host is refused. Its exit code
    is this command's.

    \b
    Examples:
      azremedy sandbox exec restore-point-limit -- az lock list -g AzureBackupRG_westeurope_1
      azremedy sandbox exec healthy -- python my_script.py
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    from azremedy.sandbox import proxy  # noqa: PLC0415 - loads a web server

    talk = console.conversation()
    try:
        code = proxy.exec_program(
            _load(scenario),
            program,
            parent=os.environ,
            refused=lambda host: talk.print(f"refused: {host} is not part of the sandbox"),
            speed=speed,
        )
    except OSError as error:
        raise UsageError(
            f"The program '{program[0]}' cannot be started: {error.strerror or error}",
            advice="Give the program and its arguments after '--'.",
        ) from error
    raise SystemExit(code)


@command.command("capture")
@talk_options
@place_in_azure
@click.option(
    "--sandbox",
    metavar="SCENARIO",
    shell_complete=complete_scenarios,
    help="Copy a fresh local world instead of Azure.",
)
@click.option(
    "--mask",
    is_flag=True,
    help="Replace ids, names, addresses, notes and tags; what belongs together still does.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="File to write: JSON if it ends in .json, else YAML. Standard output if not given.",
)
def capture(*, mask: bool, output: Path | None, **connection: Any) -> None:
    """Copy a real subscription into a scenario, reading only.

    The copy holds what azremedy works with: groups, locks, VMs and what they use, restore points,
    vaults with items, policies, recovery points and the last seven days' jobs. What may not be
    read is told and left out; the exit code is then 3.

    \b
    Examples:
      azremedy sandbox capture --subscription Production --mask -o production.yaml
      azremedy clean-rpc --vm web-1 --sandbox production.yaml
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    name = output.stem if output else "captured"
    with api.connect(take_place(connection)) as azure:
        found = copying.capture(azure, copying.CaptureOptions(name=name, mask=mask))
    copied: Any = redact_values(found.scenario)
    text = _written(copied, as_json=bool(output and output.suffix.lower() == ".json"))
    if output:
        _save(text, output)
    else:
        click.echo(text, nl=False)
    show_gaps(found.gaps, console.errors())
    raise SystemExit(EXIT_FAILURES if found.gaps else EXIT_DONE)


def _written(scenario: dict[str, Any], *, as_json: bool) -> str:
    from azremedy.report.formats import write_document  # noqa: PLC0415 - only this command

    return write_document(scenario, "json" if as_json else "yaml")


def _save(text: str, output: Path) -> None:
    """Write the copy for its owner's eyes only: it may describe a real subscription."""
    try:
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(
            f"{output} cannot be written: {error.strerror or error}",
            advice="Choose another file with --output.",
        ) from error


def _load(name: str) -> Scenario:
    from azremedy.sandbox import scenario as scenarios  # noqa: PLC0415 - only when asked for

    try:
        return scenarios.load(name)
    except scenarios.ScenarioError as error:
        raise UsageError(str(error), advice="See 'azremedy sandbox list'.") from error
