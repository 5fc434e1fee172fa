"""Walk the real Azure CLI through its steps, inside an environment that leads to a sandbox.

Runs as a program of its own, since `sandbox exec` runs programs::

    python -m tests.clients.az_walk --az PATH --arm URL [--cloud] [--only TEXT]

It prints one JSON line for each step and exits 1 when a step went wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import requests

from tests.clients.az_steps import STEPS, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

_PATIENCE_S = 120
_QUIET = {
    "AZURE_CORE_ONLY_SHOW_ERRORS": "yes",
    "AZURE_CORE_NO_COLOR": "yes",
    "AZURE_EXTENSION_USE_DYNAMIC_INSTALL": "no",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one step went."""

    call: str
    """The command line."""
    trouble: str
    """What was wrong; empty when all was as it must be."""
    seconds: float
    """How long the call took."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """One walk through a world."""

    az: str
    """The Azure CLI."""
    arm: str
    """Where Resource Manager is, for a look at the world."""
    kept: dict[str, str]
    """Values that steps kept for later ones."""

    def take(self, step: Step) -> Outcome:
        """Make one call and judge it."""
        call = step.call.format_map(self.kept)
        if step.advance_s:
            advance(self.arm, step.advance_s)
        began = time.monotonic()
        query = ("--query", step.query.format_map(self.kept)) if step.query else ()
        done = self.run(*shlex.split(call), *query)
        trouble = self._judged(step, done)
        return Outcome(call=call, trouble=trouble, seconds=round(time.monotonic() - began, 2))

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Call the Azure CLI."""
        return subprocess.run(
            [self.az, *arguments, "-o", "json"],
            env={**os.environ, **_QUIET},
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE_S,
        )

    def _judged(self, step: Step, done: subprocess.CompletedProcess[str]) -> str:
        if step.refused:
            as_wanted = done.returncode != 0 and f"({step.refused})" in done.stderr
            return self._world_trouble(step) if as_wanted else f"not refused: {_told(done)}"
        if done.returncode:
            return f"failed: {_told(done)}"
        return self._answer_trouble(step, done.stdout) or self._world_trouble(step)

    def _answer_trouble(self, step: Step, out: str) -> str:
        answer = json.loads(out) if out.strip() else None
        if step.keep:
            self.kept[step.keep] = str(answer)
        if step.value is not None and answer != step.value:
            return f"answered {answer!r}, not {step.value!r}"
        if step.holds and step.holds not in str(answer):
            return f"answered {answer!r}, without {step.holds!r}"
        return ""

    def _world_trouble(self, step: Step) -> str:
        """Look at the world itself: exit codes are weak judges."""
        if not step.gone and not step.stands:
            return ""
        ids = read_ids(self.arm)
        wrong = [f"{each} still stands" for each in step.gone if each.lower() in ids]
        wrong += [f"{each} is gone" for each in step.stands if each.lower() not in ids]
        return "; ".join(wrong)


def read_ids(arm: str) -> frozenset[str]:
    """Read the ids of everything in the world, in lower case."""
    world: Any = requests.get(f"{arm}/_sandbox/world", timeout=30).json()
    return frozenset(document["id"].lower() for document in world["resources"])


def advance(arm: str, seconds: int) -> None:
    """Let time pass in the world."""
    url = f"{arm}/_sandbox/advance"
    requests.post(url, json={"seconds": seconds}, timeout=30).raise_for_status()


def walk(az: str, *, arm: str, cloud: bool, only: str = "") -> Iterator[Outcome]:
    """Sign in and take the steps whose call holds `only`."""
    walking = Walk(az=az, arm=arm, kept={})
    for call in _sign_in(arm, cloud=cloud):
        outcome = walking.take(Step(call=call))
        yield outcome
        if outcome.trouble:
            return
    for step in STEPS:
        if only in step.call:
            yield walking.take(step)


def _sign_in(arm: str, *, cloud: bool) -> tuple[str, ...]:
    tenant, client = os.environ["AZURE_TENANT_ID"], os.environ["AZURE_CLIENT_ID"]
    secret = os.environ["AZURE_CLIENT_SECRET"]
    login = f"login --service-principal -u {client} -p {secret} --tenant {tenant}"
    if not cloud:
        return (login,)
    return (
        f"cloud register -n sandbox --endpoint-resource-manager {arm}",
        "cloud set -n sandbox",
        login,
    )


def _told(done: subprocess.CompletedProcess[str]) -> str:
    return f"exit {done.returncode}: {done.stderr.strip()[:500]}"


def main() -> int:
    """Walk as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--az", required=True)
    parser.add_argument("--arm", required=True)
    parser.add_argument("--cloud", action="store_true", help="register a cloud of its own first")
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    failed = False
    for outcome in walk(given.az, arm=given.arm, cloud=given.cloud, only=given.only):
        print(json.dumps(asdict(outcome)), flush=True)  # noqa: T201 - its answer
        failed = failed or bool(outcome.trouble)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
