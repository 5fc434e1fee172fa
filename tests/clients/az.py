"""Lead the real Azure CLI through a world, by both ways into the sandbox.

Also a program: ``python -m tests.clients.az --az /path/to/az [--only TEXT]``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from platformdirs import user_cache_path

from tests.clients import az_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

WISHED = "AZREMEDY_TEST_AZ"
"""Names an Azure CLI that is there already."""

_PATIENCE_S = 600
CHECKOUT = Path(__file__).resolve().parents[2]
"""Where azremedy and its tests are."""


class NoAzureCliError(Exception):
    """There is no Azure CLI and none can be installed."""


def find_az(environment: Mapping[str, str]) -> str:
    """Give the Azure CLI that is named, or install one in an environment of its own, once.

    It never shares an environment with azremedy: it pins other versions of the same packages.

    Raises:
        NoAzureCliError: with the reason.
    """
    if wished := environment.get(WISHED):
        return wished
    folder = user_cache_path("azremedy-tests") / "az"
    program = folder / ("Scripts/az.bat" if sys.platform == "win32" else "bin/az")
    if not program.is_file():
        _install(folder)
    return str(program)


def _install(folder: Path) -> None:
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    done = subprocess.run(
        [str(python), "-m", "pip", "install", "--quiet", "azure-cli"],
        capture_output=True,
        text=True,
        check=False,
        timeout=_PATIENCE_S,
    )
    if done.returncode:
        raise NoAzureCliError(f"azure-cli cannot be installed: {done.stderr.strip()[-300:]}")


def through_custom_cloud(az: str, folder: Path, *, only: str = "") -> list[dict[str, Any]]:
    """Walk against `sandbox serve`: the CLI is told of a cloud of its own."""
    with serving(az_world.write(folder), env=_recording(folder)) as ready:
        env = {**os.environ, **ready["env"], "AZURE_CONFIG_DIR": str(folder / "azure-cli")}
        # It would tell the CLI of the cloud a second time, by a way that needs no registration.
        del env["ARM_CLOUD_METADATA_URL"]
        walk = _walk(az, "--arm", ready["arm"], "--cloud", "--only", only)
        return _outcomes(walk, env)


def through_exec(az: str, folder: Path, *, only: str = "") -> list[dict[str, Any]]:
    """Walk inside `sandbox exec`: the CLI is told nothing and believes itself in public Azure."""
    walk = _walk(az, "--arm", "https://management.azure.com", "--only", only)
    scenario = str(az_world.write(folder))
    program = [sys.executable, "-m", "azremedy", "sandbox", "exec", "--speed", "600", scenario]
    return _outcomes([*program, "--", *walk], _recording(folder))


def _recording(folder: Path) -> dict[str, str]:
    """Give an environment in which the sandbox writes its exchanges into the folder.

    The Azure CLI also calls operations of which the checker of a whole test run has no documents.
    """
    return {**os.environ, "AZREMEDY_SANDBOX_RECORD": str(folder / "exchanges.jsonl")}


@contextmanager
def serving(
    scenario: Path | str, *more: str, env: Mapping[str, str] | None = None
) -> Iterator[dict[str, Any]]:
    """Keep `sandbox serve` going, with more options, and give its ready document."""
    program = [sys.executable, "-m", "azremedy", "sandbox", "serve", str(scenario)]
    with subprocess.Popen(
        [*program, "--speed", "600", *more],
        env=None if env is None else dict(env),
        stdout=subprocess.PIPE,
        text=True,
        cwd=CHECKOUT,
    ) as server:
        assert server.stdout
        try:
            yield json.loads(server.stdout.readline())
        finally:
            server.terminate()


def _walk(az: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "tests.clients.az_walk", "--az", az, *arguments]


def _outcomes(program: list[str], env: Mapping[str, str]) -> list[dict[str, Any]]:
    done = subprocess.run(
        program,
        env=dict(env),
        capture_output=True,
        text=True,
        check=False,
        cwd=CHECKOUT,
        timeout=_PATIENCE_S,
    )
    if not done.stdout.strip():
        raise AssertionError(f"the walk did not begin: {done.stderr.strip()[-1000:]}")
    outcomes = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode and not any(each["trouble"] for each in outcomes):
        trouble = f"broke off: {done.stderr.strip()[-1000:]}"
        outcomes.append({"call": "the walk itself", "trouble": trouble, "seconds": 0.0})
    return outcomes


WAYS: dict[str, Callable[..., list[dict[str, Any]]]] = {
    "custom cloud": through_custom_cloud,
    "exec": through_exec,
}
"""Both ways in."""


def main() -> int:
    """Walk both ways and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--az")
    parser.add_argument("--only", default="")
    parser.add_argument("--way", choices=tuple(WAYS), action="append")
    given = parser.parse_args()
    az = given.az or find_az(os.environ)
    troubles = 0
    for name in given.way or WAYS:
        with tempfile.TemporaryDirectory() as folder:
            outcomes = WAYS[name](az, Path(folder), only=given.only)
        for each in outcomes:
            verdict = each["trouble"] or "as it must be"
            print(f"{name}: {each['seconds']:5.1f} s  {each['call']}: {verdict}")  # noqa: T201
        troubles += sum(bool(each["trouble"]) for each in outcomes)
    return int(bool(troubles))


if __name__ == "__main__":
    sys.exit(main())
