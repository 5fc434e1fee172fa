"""``azremedy sandbox``: serve, list, exec."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from azremedy.cli import console
from azremedy.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from azremedy.sandbox.scenario import Scenario


@click.group("sandbox")
def command() -> None:
    """Rehearse against a local Azure Resource Manager.

    A world is described by a scenario: one that comes with azremedy, or a YAML file of your own.
    """


@command.command("list")
def list_scenarios() -> None:
    """List the scenarios that come with azremedy."""
    from azremedy.sandbox import scenario as scenarios  # noqa: PLC0415 - only this command

    names = scenarios.names()
    width = max(map(len, names))
    for name in names:
        click.echo(f"{name:<{width}}  {scenarios.load(name).title}")


@command.command("serve")
@click.argument("scenario")
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
def serve(scenario: str, *, port: int, speed: float, record: Path | None, realistic: bool) -> None:
    r"""Serve a world on loopback until Ctrl-C.

    Prints one line of JSON when clients may come: where Resource Manager and sign-in are, the
    certificate authority's file, and the environment that points azremedy, the Azure SDKs and the
    Azure CLI at it.

    \b
    Examples:
      azremedy sandbox serve restore-point-limit
      azremedy sandbox serve my-world.yaml --port 8443 --speed 60 --record exchanges.jsonl
    """
    from azremedy.sandbox import server  # noqa: PLC0415 - loads a web server

    try:
        server.serve(
            _load(scenario),
            port=port,
            speed=speed,
            record=record,
            realistic=realistic,
            ready=lambda document: click.echo(json.dumps(document)),
        )
    except OSError as error:
        raise RefusedError(
            f"The sandbox cannot listen on port {port}: {error.strerror or error}",
            advice="Choose another --port, or none for any free one.",
        ) from error


@command.command("exec", context_settings={"ignore_unknown_options": True})
@click.argument("scenario")
@click.argument("program", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option(
    "--speed",
    type=click.FloatRange(min=0),
    default=1.0,
    show_default=True,
    help="Seconds of the world for each real second.",
)
def exec_program(scenario: str, *, program: tuple[str, ...], speed: float) -> None:
    r"""Run any Azure program, unmodified, against a world.

    The program believes that it talks to public Azure; every other host is refused. Its exit code
    is this command's.

    \b
    Examples:
      azremedy sandbox exec restore-point-limit -- az lock list -g AzureBackupRG_westeurope_1
      azremedy sandbox exec healthy -- python my_script.py
    """
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


def _load(name: str) -> Scenario:
    from azremedy.sandbox import scenario as scenarios  # noqa: PLC0415 - only when asked for

    try:
        return scenarios.load(name)
    except scenarios.ScenarioError as error:
        raise UsageError(str(error), advice="See 'azremedy sandbox list'.") from error
