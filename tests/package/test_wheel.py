"""What is shipped is whole."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

from azremedy.playbooks import find_folder, find_playbooks, read_playbook

CHECKOUT = Path(__file__).resolve().parents[2]


def test_wheel_holds_playbooks_scenarios_and_types(tmp_path: Path) -> None:
    """The wheel has the playbooks, the scenarios and the marker that types are inside."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]

    subprocess.run(command, cwd=CHECKOUT, check=True, capture_output=True)

    names = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    playbooks = {f"azremedy/_playbooks/{p.name}" for p in CHECKOUT.glob("playbooks/*.yaml")}
    scenarios = {
        f"azremedy/sandbox/scenarios/{p.name}"
        for p in CHECKOUT.glob("azremedy/sandbox/scenarios/*.yaml")
    }
    assert set() == {"azremedy/py.typed", *playbooks, *scenarios} - names


def test_checkout_reads_its_own_playbooks() -> None:
    """A checkout uses the folder beside the package, never an installed copy."""
    assert find_folder() == CHECKOUT / "playbooks"


def test_every_playbook_is_named_after_its_code() -> None:
    """A playbook's file name is its code."""
    paths = sorted(find_folder().glob("*.yaml"))

    assert [path.stem for path in paths] == [read_playbook(path).code for path in paths]


def test_playbook_is_found_in_any_spelling() -> None:
    """A code is found without case and in its misspelt form, once."""
    codes = ["EXTENTIONOPERATIONFAILEDFORMANAGEDDISKS", "ExtensionOperationFailedForManagedDisks"]

    found = find_playbooks([*codes, "NoSuchCode"])

    assert ["ExtensionOperationFailedForManagedDisks"] == [book.code for book in found]
