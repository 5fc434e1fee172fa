"""Processes of several machines share one container for their runs, and one of them is killed."""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import trustme

from azremedy.api.runs import list_runs
from azremedy.api.saving import find_fingerprint, load_plan
from azremedy.api.stores import make_store
from azremedy.errors import HeldError
from azremedy.gateways.blob_places import CONNECTION
from azremedy.ids import ResourceId
from tests.clients.az import serving
from tests.support import azurite as emulator
from tests.support.azurite import Azurite
from tests.support.stages import LOCK_TYPE, OTHER_SUBSCRIPTION, SUBSCRIPTION, built_in
from tests.support.storages import end_leases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from azremedy.engine.store import Store


WORLD = "fleet-small"
VMS = "providers/Microsoft.Compute/virtualMachines"
APP_02 = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-app/{VMS}/app-02"
WEB_02 = f"/subscriptions/{OTHER_SUBSCRIPTION}/resourceGroups/rg-web/{VMS}/web-02"
GIVE_UP_S = 120.0
LOOK_EVERY_S = 0.2


@dataclass(frozen=True, slots=True)
class Machines:
    """Machines that share a container, in front of a served world."""

    ready: dict[str, Any]
    azurite: Azurite
    url: str
    folder: Path
    started: ExitStack
    """Ends what is left of their processes."""

    def start(
        self, machine: str, *arguments: str, env: Mapping[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """Start a Python module on a machine: nothing on one's disk is on another's."""
        own = {
            name: str(self.folder / machine / name.lower())
            for name in ("HOME", "AZREMEDY_STATE_DIR", "AZREMEDY_CACHE_DIR", "AZREMEDY_CONFIG_DIR")
        }
        shared = {"AZREMEDY_STATE": self.url, CONNECTION: self.azurite.connection()}
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            env={**os.environ, **self.ready["env"], **own, **shared, **(env or {})},
            stdout=pipe,
            stderr=pipe,
            text=True,
        )
        self.started.callback(end, process)
        return process

    def ask(self, path: str, body: Any = None) -> Any:
        """Ask the sandbox itself."""
        data = None if body is None else json.dumps(body).encode()
        trusted = ssl.create_default_context(cafile=self.ready["ca_bundle"])
        request = Request(self.ready["arm"] + path, data=data)  # noqa: S310 - always https
        with urlopen(request, context=trusted) as answer:  # noqa: S310 - always https
            return json.load(answer)

    def list_ids(self) -> list[str]:
        """List what the world holds."""
        return [each["id"] for each in self.ask("/_sandbox/world")["resources"]]


def end(process: subprocess.Popen[str]) -> None:
    """End a process if it has not ended."""
    process.kill()
    process.communicate()


def finish(process: subprocess.Popen[str], code: int = 0) -> tuple[str, str]:
    """Let a process end; give what it printed."""
    out, err = process.communicate(timeout=GIVE_UP_S)
    assert code == process.returncode, err
    return out, err


@pytest.fixture
def store(azurite: Azurite, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """Look into the container as one more machine would."""
    monkeypatch.setenv(CONNECTION, azurite.connection())
    monkeypatch.setenv("AZREMEDY_STATE", f"{azurite.make_container()}/team")
    with closing(make_store()) as made:
        yield made


def open_machines(started: ExitStack, azurite: Azurite, folder: Path, *options: str) -> Machines:
    """Serve a world to machines."""
    ready = started.enter_context(serving(WORLD, *options))
    return Machines(ready, azurite, os.environ["AZREMEDY_STATE"], folder, started)


def has_entry(store: Store, vm: str, entry: str, number: int) -> Callable[[], bool]:
    """Make what says whether the journal of a VM's run has an entry on a step."""
    begins, step = f'{{"entry": "{entry}"'.encode(), f'"number": {number},'.encode()

    def look() -> bool:
        kept = store.fetch(each.run_id for each in store.list_runs())
        lines = [line for each in kept if vm.encode() in each.content for line in lines_of(each)]
        return any(line.startswith(begins) and step in line for line in lines)

    return look


def lines_of(kept: Any) -> list[bytes]:
    """Give a journal's lines."""
    return list(kept.content.splitlines())


def wait_until(process: subprocess.Popen[str], is_so: Callable[[], bool]) -> None:
    """Look at a process that goes on until something is so."""
    give_up = monotonic() + GIVE_UP_S
    while not is_so():
        assert monotonic() < give_up, "it never came to that"
        try:
            _, err = process.communicate(timeout=LOOK_EVERY_S)
        except subprocess.TimeoutExpired:
            continue
        pytest.fail(f"it ended before: {process.returncode} {err}")


def test_two_machines_do_what_one_does(azurite: Azurite, store: Store, tmp_path: Path) -> None:
    """Each carries out its shard of one approved plan, once, and both runs are seen by a third."""
    path = tmp_path / "plan.json"
    with ExitStack() as started:
        at = open_machines(started, azurite, tmp_path)
        vms = ("--ids", APP_02, WEB_02)
        finish(at.start("one", "azremedy", "plan", "reset-extension", *vms, "--out", str(path)))
        plan = load_plan(path)
        apply = ("azremedy", "apply", str(path), "--approve", find_fingerprint(plan))
        both = [at.start(name, *apply, "--shard", f"{name}/2") for name in ("1", "2")]
        for process in both:
            finish(process)
        again = at.start("three", *apply, "--shard", "1/2")
        _, refused = finish(again, 4)
        left = at.list_ids()

    listed = list_runs(store)
    done = [number for each in listed for number in each.past.results]
    assert ["done", "done"] == [each.state for each in listed]
    assert sorted(planned.number for planned in plan.steps) == sorted(done)
    assert "has carried this plan out already" in " ".join(refused.split())
    assert not [
        id_ for id_ in left if id_.startswith((APP_02, WEB_02)) and "/extensions/VMSnapshot" in id_
    ]
    assert not list(tmp_path.glob("*/azremedy_state_dir/runs"))


def test_a_run_of_a_killed_machine_is_taken_up_by_another(
    azurite: Azurite, store: Store, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """With a lock off: until its lease is over the VM is held, then the lock goes back."""
    with ExitStack() as started:
        at = open_machines(started, azurite, tmp_path, "--realistic", "--speed", "2")
        clean = at.start("one", "tests.crash.hurried", "clean", "app-03")
        reset = at.start("one", "azremedy", "reset-extension", "--ids", WEB_02, "--yes")
        wait_until(clean, has_entry(store, "app-03", "accepted", 2))
        wait_until(reset, has_entry(store, "web-02", "accepted", 1))
        alive = list_states(store)
        with (
            pytest.raises(HeldError) as held,
            store.hold([ResourceId.parse(WEB_02)], run_id="20261123T080000Z-00000000"),
        ):
            pytest.fail("two processes hold one VM")
        for process in (clean, reset):
            process.kill()
            process.communicate()
            assert -signal.SIGKILL == process.returncode
        ended = end_leases(azurite, at.url)
        at.ask("/_sandbox/advance", {"seconds": 3600})
        cut_off = list_states(store)
        shown = at.start("three", "azremedy", "runs", "--state", at.url, "-o", "json")
        listed = json.loads(finish(shown)[0])
        names = {vm: run_id for vm, (run_id, _) in cut_off.items()}
        resumed = (
            at.start("two", "tests.crash.hurried", "resume", names["app-03"]),
            at.start("two", "azremedy", "resume", names["web-02"], "--state", at.url, "--yes"),
        )
        for process in resumed:
            finish(process)
        done = list_states(store)
        page = at.start("three", "azremedy", "report", names["app-03"], "--state", at.url)
        told = finish(page)[0]
        left = at.list_ids()

    record_property("kills", 2)
    assert {"app-03": "running", "web-02": "running"} == {vm: s for vm, (_, s) in alive.items()}
    assert f"Run {names['web-02']} (process {reset.pid} on " in held.value.summary
    assert 3 <= ended
    assert {"app-03": "cut off", "web-02": "cut off"} == {vm: s for vm, (_, s) in cut_off.items()}
    assert {"app-03": "done", "web-02": "done"} == {vm: s for vm, (_, s) in done.items()}
    assert ["cut off"] * 2 == [each["state"] for each in listed]
    assert names["app-03"] in told
    assert locks_of(left) == locks_of(each["id"] for each in built_in(WORLD).resources)
    assert not any("AzureBackup_app-03_" in each for each in left)


def test_a_machine_signs_in_to_the_container_without_a_key(
    azurite: Azurite, tmp_path: Path
) -> None:
    """With a token for Azure Storage, over TLS; the account refuses what has none."""
    authority = trustme.CA()
    certificate, bundle = authority.issue_cert("127.0.0.1"), tmp_path / "trusted.pem"
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    secured = ("--oauth", "basic", "--cert", str(tmp_path / "cert.pem"))
    with ExitStack() as started:
        program = emulator.find_azurite(os.environ)
        account = started.enter_context(
            emulator.serving(program, *secured, "--key", str(tmp_path / "key.pem"))
        )
        ready = started.enter_context(serving("healthy"))
        world = Path(ready["ca_bundle"]).read_bytes()
        bundle.write_bytes(world + authority.cert_pem.bytes())
        url = account.make_container(trusted=str(bundle))
        at = Machines(ready, account, url, tmp_path, started)
        tokens = {"REQUESTS_CA_BUNDLE": str(bundle), CONNECTION: ""}
        backup = ("azremedy", "backup-now", "--vm", "web-1", "--yes", "--wait", "none")
        done, _ = finish(at.start("one", *backup, env=tokens))
        trusted = ssl.create_default_context(cafile=bundle)
        with pytest.raises(HTTPError) as refused:
            urlopen(f"{url}?restype=container&comp=list", context=trusted)  # noqa: S310 - https
        refused.value.close()

    assert f"{url}/runs/" in done
    assert refused.value.code in {403, 404}


def list_states(store: Store) -> dict[str, tuple[str, str]]:
    """List the runs with their states by the names of their VMs."""
    return {
        each.past.plan.targets[0].target.name: (str(each.past.run_id), each.state)
        for each in list_runs(store)
    }


def locks_of(ids: Any) -> list[str]:
    """List the locks."""
    return sorted(each for each in ids if f"/{LOCK_TYPE}/" in each)
