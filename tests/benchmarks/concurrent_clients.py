"""Many SDK clients at once against one served world.

Each client makes a resource group of its own, locks it, is refused its deletion, unlocks it and
deletes it, and reads what the others do in between. Run it from the checkout:

    python -m tests.benchmarks.concurrent_clients --clients 200 --seconds 60
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING, Any

import requests
from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.mgmt.resource.locks import ManagementLockClient
from azure.mgmt.resource.resources import ResourceManagementClient

from azremedy.sandbox.transport import SandboxCredential

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHECKOUT = Path(__file__).resolve().parents[2]
SCENARIO = "fleet-small"
PREFIX = "rg-load-"


@dataclass(slots=True)
class Tally:
    """What all clients saw. Safe for threads."""

    statuses: Counter[int] = field(default_factory=Counter)
    """Answers by status."""
    latencies_s: list[float] = field(default_factory=list)
    """Seconds from request to answer, in the order of their end."""
    unexpected: list[str] = field(default_factory=list)
    """What no client should have seen."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    """Held while anything is added."""

    def add(self, status: int, seconds: float) -> None:
        """Count an answer."""
        with self.lock:
            self.statuses[status] += 1
            self.latencies_s.append(seconds)

    def complain(self, what: str) -> None:
        """Note something unexpected."""
        with self.lock:
            self.unexpected.append(what)

    def table(self) -> str:
        """Write the figures."""
        cuts = quantiles(self.latencies_s, n=100) if len(self.latencies_s) > 1 else [0.0] * 99
        rows = [("requests", str(sum(self.statuses.values())))]
        rows += [(f"  status {status}", str(n)) for status, n in sorted(self.statuses.items())]
        rows += [("unexpected answers", str(len(self.unexpected)))]
        rows += [("latency p50", f"{cuts[49] * 1000:.0f} ms")]
        rows += [("latency p95", f"{cuts[94] * 1000:.0f} ms")]
        return "\n".join(f"{name:<20}{value:>12}" for name, value in rows)


class _Meter(SansIOHTTPPolicy[Any, Any]):
    """Takes the time of each request; a policy, because the pipeline asks for one."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def on_request(self, request: Any) -> None:
        request.context["began"] = time.perf_counter()

    def on_response(self, request: Any, response: Any) -> None:
        seconds = time.perf_counter() - request.context["began"]
        self._tally.add(response.http_response.status_code, seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One of the many."""

    group: str
    """The resource group that only this client touches."""
    resources: Any
    """Its client for groups and resources."""
    locks: Any
    """Its client for locks."""
    tally: Tally
    """Where it counts."""

    def cycle(self) -> None:
        """Make, lock, be refused, unlock, delete; and look whether all is as it must be."""
        groups, locks = self.resources.resource_groups, self.locks.management_locks
        groups.create_or_update(self.group, {"location": "westeurope", "tags": {"load": "1"}})
        locks.create_or_update_at_resource_group_level(
            self.group, "mine", {"level": "CanNotDelete"}
        )
        found = [lock.name for lock in locks.list_at_resource_group_level(self.group)]
        self._expect("its own lock", ["mine"], found)
        self._refused("ScopeLocked", lambda: groups.begin_delete(self.group))
        self._expect("two pages and more", True, len(list(self.resources.resources.list())) > 20)
        locks.delete_at_resource_group_level(self.group, "mine")
        self._refused("LockNotFound", lambda: locks.get_at_resource_group_level(self.group, "mine"))
        groups.begin_delete(self.group).wait()
        self._expect("no group", False, groups.check_existence(self.group))

    def _expect(self, what: str, wanted: object, found: object) -> None:
        if found != wanted:
            self.tally.complain(f"{self.group}: {what}: {found!r}")

    def _refused(self, code: str, call: Callable[[], Any]) -> None:
        try:
            call()
        except HttpResponseError as error:
            self._expect(f"refusal {code}", code, error.error.code if error.error else None)
        else:
            self.tally.complain(f"{self.group}: not refused: {code}")


def measure(*, clients: int, seconds: float) -> Tally:
    """Let so many clients work for so long, each to the end of its last cycle."""
    tally = Tally()
    with _served() as ready, ExitStack() as stack:
        many = [_client(ready, number, tally, stack) for number in range(clients)]
        end = time.monotonic() + seconds
        with ThreadPoolExecutor(max_workers=clients) as pool:
            list(pool.map(lambda client: _work(client, end), many))
        for name in _left_behind(ready):
            tally.complain(f"{name}: still there in the end")
    return tally


def _work(client: Client, end: float) -> None:
    while time.monotonic() < end:
        try:
            client.cycle()
        except AzureError as error:
            client.tally.complain(f"{client.group}: {type(error).__name__}: {error.message[:200]}")


def _client(ready: Any, number: int, tally: Tally, stack: ExitStack) -> Client:
    options = {
        "base_url": ready["arm"],
        "connection_verify": ready["ca_bundle"],
        "per_retry_policies": [_Meter(tally)],
        "retry_total": 0,
    }
    subscription = ready["env"]["AZURE_SUBSCRIPTION_ID"]
    kinds = (ResourceManagementClient, ManagementLockClient)
    resources, locks = (
        stack.enter_context(kind(SandboxCredential(), subscription, **options)) for kind in kinds
    )
    return Client(group=f"{PREFIX}{number}", resources=resources, locks=locks, tally=tally)


def _left_behind(ready: Any) -> list[str]:
    world = requests.get(f"{ready['arm']}/_sandbox/world", verify=ready["ca_bundle"], timeout=30)
    ids = [str(resource["id"]) for resource in world.json()["resources"]]
    return [each for each in ids if f"/{PREFIX}" in each]


@contextmanager
def _served() -> Iterator[Any]:
    """Serve the world in a process of its own, as its users do."""
    child = subprocess.Popen(
        [sys.executable, "-m", "azremedy", "sandbox", "serve", SCENARIO],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with child:
        try:
            yield json.loads(child.stdout.readline() if child.stdout else "{}")
        finally:
            child.terminate()


def main() -> int:
    """Run for as long as the command line says and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60.0)
    chosen = parser.parse_args()
    tally = measure(clients=chosen.clients, seconds=chosen.seconds)
    lines = [tally.table(), *tally.unexpected[:20]]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if tally.unexpected else 0


if __name__ == "__main__":
    sys.exit(main())
