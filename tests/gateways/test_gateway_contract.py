"""Hold what the gateways send, and what they are answered, against Microsoft's documents."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from azremedy.gateways.backup import JobFilter
from azremedy.gateways.session import Gateways, Session
from azremedy.sandbox import scenario
from azremedy.sandbox.app import App
from azremedy.sandbox.recorder import Recorder
from azremedy.sandbox.transport import SandboxCredential, WorldTransport
from azremedy.sandbox.world import World

CHECKOUT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("AZREMEDY_SHARED", CHECKOUT / "../shared"))
SUBSCRIPTION = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"


def use_everything(azure: Gateways) -> None:
    """Call every method of every gateway once, the destroying ones last."""
    (vault,) = azure.groups.list_vaults()
    (item,) = azure.backup.list_items(vault.id)
    (found,) = azure.groups.find_vms("web-1")
    azure.groups.get_group(azure.groups.list_groups()[0].id)
    azure.backup.get_item(item.id)
    azure.backup.list_policies(vault.id)
    azure.backup.list_recovery_points(item.id)
    jobs = azure.backup.list_jobs(vault.id, JobFilter(operation="Backup", status="Failed"))
    azure.backup.get_job(vault.id, jobs[0].id.name)
    vm = azure.compute.get_vm(found.id)
    azure.backup.get_protection(vm.id, vm.location)
    extensions = azure.compute.list_extensions(vm.id)
    (lock,) = azure.locks.list_locks()
    azure.locks.list_locks_of_group(lock.scope)
    azure.locks.get_lock(lock.id)
    azure.locks.delete_lock(lock.id)
    azure.locks.create_lock(lock)
    azure.locks.delete_lock(lock.id)
    accepted = azure.backup.trigger_backup(item.id)
    assert accepted.operation_id is not None
    azure.backup.get_operation(vault.id, accepted.operation_id)
    for extension in extensions:
        if extension.id is not None:
            azure.compute.get_extension(extension.id)
            azure.compute.delete_extension(extension.id).wait()
    for collection in azure.compute.list_collections():
        azure.compute.list_collections_of_group(collection.id.group)
        azure.compute.get_collection(collection.id)
        azure.compute.delete_collection(collection.id).wait()


def test_every_exchange_keeps_to_microsofts_documents(tmp_path: Path) -> None:
    """Paths, queries, bodies and answers have no violation."""
    checker = SHARED / "contract" / "check.py"
    if not checker.is_file():
        pytest.skip(f"the contract documents are not at {checker}")
    exchanges = tmp_path / "exchanges.jsonl"
    world = World(scenario.load("restore-point-limit"))
    transport = WorldTransport(App(world, recorder=Recorder(exchanges, cassette="gateways")))

    with Session(SandboxCredential(), transport=transport) as session:
        use_everything(session.subscription(SUBSCRIPTION))
    run = subprocess.run(
        [sys.executable, str(checker), str(exchanges)], capture_output=True, text=True, check=False
    )

    assert run.returncode == 0, run.stdout
    assert re.search(r"\b0 violations", run.stdout)
