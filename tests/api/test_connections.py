"""Connections: to a sandbox by name, to a world that is held, to Azure when first asked."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from azremedy import api
from azremedy.api.stores import make_store
from azremedy.engine.folder_store import FolderStore
from azremedy.errors import ReadOnlyError, TargetNotFoundError, UsageError
from azremedy.ids import ResourceId
from tests.support.stages import (
    COLLECTION_TYPE,
    OTHER_SUBSCRIPTION,
    SUBSCRIPTION,
    names,
    open_stage,
)

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.engine.store import Store


def test_a_sandbox_is_connected_to_by_name(tmp_path: Path) -> None:
    """A fresh world, its first subscription, its own clock; exchanges are written down."""
    record = tmp_path / "exchanges.jsonl"
    options = api.ConnectOptions(sandbox="healthy", record=str(record))

    with api.connect(options) as azure:
        found = api.find_groups(azure)

    assert azure.sandbox == "healthy"
    assert azure.subscription_id == SUBSCRIPTION
    assert found.subscription_id == SUBSCRIPTION
    assert record.read_text().count("\n") > 3


def test_a_plan_made_in_one_world_is_carried_out_there(tmp_path: Path) -> None:
    """The example of the package's own docstring."""
    with api.connect(api.ConnectOptions(sandbox="restore-point-limit")) as azure:
        plan = api.plan_clean(azure, names("web-1"), api.CleanOptions(unlock=True))
        run = api.apply(azure, plan, state_folder=tmp_path)

    assert run.exit_code == 0


def test_modules_are_loaded_when_azure_is_asked_and_not_before() -> None:
    """In the background, in their order; what cannot be loaded is told where it is needed."""
    code = (
        "import sys, threading\n"
        "from azremedy import api\n"
        "with api.connect(api.ConnectOptions(sandbox='healthy')) as azure:\n"
        "    azure.load_while_asking('wave', 'sched', 'azremedy.nothing')\n"
        "    print('wave' in sys.modules)\n"
        "    azure.gateways()\n"
        "    for each in threading.enumerate():\n"
        "        if each is not threading.current_thread():\n"
        "            each.join(30)\n"
        "    print('wave' in sys.modules, 'sched' in sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert (["False", "True True"], "") == (done.stdout.splitlines(), done.stderr)


def test_an_unknown_sandbox_is_a_usage_error() -> None:
    """With the name that was probably meant."""
    with (
        pytest.raises(UsageError, match="did you mean 'healthy'"),
        api.connect(api.ConnectOptions(sandbox="heathly")),
    ):
        pass


def test_a_subscription_is_chosen_by_name_or_id() -> None:
    """A name that nobody has is not found, when it is first needed."""
    by_id = api.ConnectOptions(sandbox="fleet-small", subscription=OTHER_SUBSCRIPTION.upper())
    by_name = api.ConnectOptions(sandbox="fleet-small", subscription="no such name")

    with api.connect(by_id) as azure:
        assert azure.subscription_id == OTHER_SUBSCRIPTION
    with api.connect(by_name) as azure, pytest.raises(TargetNotFoundError):
        api.find_groups(azure)


def test_an_unknown_cloud_is_a_usage_error() -> None:
    """Before anything is sent."""
    with pytest.raises(UsageError), api.connect(api.ConnectOptions(cloud="no-such-cloud")):
        pass


def test_azure_is_asked_for_nothing_before_the_first_read() -> None:
    """A connection to Azure without any sign-in can be opened and closed."""
    options = api.ConnectOptions(subscription=SUBSCRIPTION)

    with api.connect(options) as azure:
        assert azure.sandbox is None
        assert azure.subscription_id == SUBSCRIPTION


def test_without_any_subscription_azure_is_not_asked() -> None:
    """No option, no variable, no default of the Azure CLI."""
    with api.connect(api.ConnectOptions()) as azure, pytest.raises(UsageError):
        api.find_groups(azure)


def test_the_reading_session_cannot_write(tmp_path: Path) -> None:
    """Beneath all planning the pipeline itself refuses."""
    stage = open_stage(tmp_path, "healthy")
    collection = ResourceId.parse(stage.documents(COLLECTION_TYPE)[0]["id"])

    with pytest.raises(ReadOnlyError):
        stage.azure.gateways().compute.delete_collection(collection)

    assert stage.writes() == []


def test_journals_of_rehearsals_lie_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rehearsal's runs are not among the real ones; a variable names another folder."""
    rehearsal = open_stage(tmp_path, "healthy").azure
    monkeypatch.setenv("AZREMEDY_STATE_DIR", str(tmp_path))

    with api.connect(api.ConnectOptions(subscription=SUBSCRIPTION)) as real:
        assert tmp_path == root_of(real.find_store())
    assert tmp_path / "sandbox" == root_of(rehearsal.find_store())
    monkeypatch.setenv("AZREMEDY_STATE", str(tmp_path / "first"))
    assert tmp_path / "first" == root_of(make_store())
    assert tmp_path / "given" == root_of(make_store(str(tmp_path / "given")))
    monkeypatch.delenv("AZREMEDY_STATE")
    monkeypatch.delenv("AZREMEDY_STATE_DIR")
    assert ("azremedy", "sandbox") == root_of(make_store(rehearsals=True)).parts[-2:]


def root_of(store: Store) -> Path:
    """Give the folder in which runs are kept."""
    assert isinstance(store, FolderStore)
    return store.root


def test_runs_without_a_named_folder_use_the_users(tmp_path: Path) -> None:
    """The journal's path is in the run."""
    stage = open_stage(tmp_path, "healthy")
    plan = api.plan_reset(stage.azure, names("web-1"))

    run = api.apply(stage.azure, plan)

    assert run.journal is not None
    assert run.run_id is not None
    assert f"sandbox/runs/{run.run_id}" in run.journal


def test_a_declined_plan_changes_nothing(tmp_path: Path) -> None:
    """Who says no gets the same document, refused."""
    stage = open_stage(tmp_path, "healthy")

    run = api.decline(api.plan_reset(stage.azure, names("web-1")))

    assert (run.state.value, run.exit_code, run.dry_run) == ("refused", 4, False)
    assert stage.writes() == []
