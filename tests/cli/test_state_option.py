"""Where runs are kept can be told: a folder, or a container whose keys are never shown."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from azure.storage.blob import ContainerSasPermissions, generate_container_sas

from azremedy.api.runs import list_runs
from azremedy.api.stores import make_store, open_store
from azremedy.gateways.blob_places import CONNECTION, parse_place
from tests.support.azurite import ACCOUNT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.azurite import Azurite
    from tests.support.calls import Call

URL = "https://contoso.blob.core.windows.net/runs"
KEPT = ("--vm", "web-1", "--sandbox", "restore-point-limit", "--unlock")
WITHOUT = """
import sys
sys.modules["azure.storage.blob"] = None
from azremedy.cli.main import main
main()
"""


def test_a_folder_that_is_named_goes_before_the_environments(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rehearsals lie apart there too."""
    plan, first, second = tmp_path / "plan.json", tmp_path / "first", tmp_path / "second"
    call("plan", "clean-rpc", *KEPT, "--out", str(plan))
    apply = ("apply", str(plan), "--sandbox", "restore-point-limit", "--yes")

    done = call(*apply, "--state", str(first), "-o", "json")
    told = call("runs", "--state", str(first), "--rehearsals")
    page = call("report", json.loads(done.out)["runId"], "--state", str(first), "--rehearsals")
    monkeypatch.setenv("AZREMEDY_STATE", str(second))
    again = call(*apply)
    monkeypatch.delenv("AZREMEDY_STATE")

    assert [0, 0, 0, 0] == [done.code, told.code, page.code, again.code]
    assert json.loads(done.out)["runId"] in told.out
    for folder in (first, second):
        with open_store(str(folder), rehearsals=True) as store:
            assert ["done"] == [each.state for each in list_runs(store)]
    assert () == list_runs(make_store())


@pytest.mark.parametrize("command", [("runs",), ("resume", "a"), ("undo", "a"), ("report", "a")])
def test_an_empty_place_is_no_default(call: Call, command: tuple[str, ...]) -> None:
    """As when a script's variable is not set."""
    told = call(*command, "--state", "")

    assert 2 == told.code
    assert "--state is empty" in told.err


def test_a_signature_on_the_command_line_is_refused_and_not_shown(call: Call) -> None:
    """Also with all that is told."""
    told = call("runs", "--state", f"{URL}?sv=2025-01-05&sig=canarycanarycanary", "--debug")

    assert 2 == told.code
    assert CONNECTION in told.err
    assert "canary" not in told.out + told.err


def test_a_container_is_not_asked_for_completion(call: Call, tmp_path: Path) -> None:
    """Completion sends nothing: runs of this machine are offered, others are not."""
    (tmp_path / "runs" / "20261120T080000Z-7f593ab0").mkdir(parents=True)
    offered = []
    for state in (str(tmp_path), URL):
        done = subprocess.run(
            [sys.executable, "-m", "azremedy"],
            env={
                **os.environ,
                "_AZREMEDY_COMPLETE": "bash_complete",
                "COMP_WORDS": f"azremedy resume --state {state} 2026",
                "COMP_CWORD": "4",
                "AZREMEDY_STATE": state,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        offered.append("20261120T080000Z-7f593ab0" in done.stdout)

    assert [True, False] == offered


def test_without_the_package_the_way_to_it_is_told() -> None:
    """It is optional; everything else works without it."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, "runs", "--state", URL],
        capture_output=True,
        text=True,
        check=False,
    )

    assert 2 == done.returncode
    assert "pip install 'azremedy[blob]'" in done.stderr


def test_keys_and_signatures_are_never_shown(
    call: Call, azurite: Azurite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether all goes well or not, and with all that is told."""
    url = azurite.make_container()
    signature = generate_container_sas(
        ACCOUNT,
        parse_place(url).container,
        account_key=azurite.key,
        permission=ContainerSasPermissions(read=True, list=True),
        expiry=datetime.now(UTC) + timedelta(hours=1),
    )
    secret = unquote(signature.partition("sig=")[2].partition("&")[0])
    signed = f"BlobEndpoint={azurite.account_url};SharedAccessSignature={signature}"
    told = []
    for connection in (azurite.connection(), signed):
        monkeypatch.setenv(CONNECTION, connection)
        told += [
            call("runs", "--state", url, "--debug"),
            call("runs", "--state", f"{url}x", "--debug"),
        ]
    shown = unquote("".join(each.out + each.err for each in told))

    assert [0, 2, 0, 5] == [each.code for each in told]
    assert "No runs." in shown
    assert azurite.key not in shown
    assert secret not in shown
