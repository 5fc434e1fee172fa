"""What the catalogue of scripts promises."""

from __future__ import annotations

import re

import pytest

from azremedy.domain.guest_scripts import (
    LOGS,
    SCRIPTS,
    System,
    check_arguments,
    find_script,
    find_system,
    list_logs,
)
from azremedy.domain.remedies import Remedy
from azremedy.errors import UsageError


def test_names_are_unique() -> None:
    """Each script has a name of its own."""
    assert len(SCRIPTS) == len({script.name for script in SCRIPTS})


@pytest.mark.parametrize(
    "remedy",
    [Remedy.START_AGENT, Remedy.UPDATE_AGENT, Remedy.ENABLE_EXTENSIONS, Remedy.DEEP_CLEAN],
)
def test_remedies_have_their_script(remedy: Remedy) -> None:
    """A remedy inside the VM is the script of its name."""
    assert remedy.value == find_script(remedy.value).name


def test_what_looks_needs_no_undoing() -> None:
    """A script that changes nothing is neither detached nor taken back."""
    looking = [script for script in SCRIPTS if not script.changes]

    assert ["check", "collect-logs"] == [script.name for script in looking]
    assert [(frozenset(), "")] * 2 == [(script.detached, script.undo) for script in looking]


@pytest.mark.parametrize(
    ("word", "expected"),
    [("Linux", System.LINUX), ("windows", System.WINDOWS), ("", None), ("Other", None)],
)
def test_system_is_found_by_azures_word(word: str, expected: System | None) -> None:
    """Azure's words are compared without case; others are no system."""
    assert expected == find_system(word)


@pytest.mark.parametrize("system", System)
def test_known_places_are_accepted(system: System) -> None:
    """Every place of logs may be asked for."""
    places = list_logs(system)

    assert LOGS[system] == places
    for place in places:
        check_arguments(find_script("collect-logs"), (place,))


@pytest.mark.parametrize("place", [place for places in LOGS.values() for place in places])
def test_places_are_plain(place: str) -> None:
    """A place becomes part of a script, so nothing in it but a star means anything to a shell."""
    assert re.fullmatch(r"[A-Za-z0-9_./:\\-]+(/\*(\.xml)?)?", place)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("check", ("/var/log/waagent.log",)),
        ("collect-logs", ()),
        ("collect-logs", ("/etc/shadow",)),
        ("collect-logs", ("/var/log/waagent.log; reboot",)),
        ("collect-logs", ("/var/log/waagent.log", "/var/log/waagent.log")),
        ("collect-logs", ("/var/log/azure/../../../etc/shadow",)),
    ],
)
def test_other_arguments_are_refused(name: str, arguments: tuple[str, ...]) -> None:
    """What is not exactly on the script's list never reaches a VM."""
    with pytest.raises(UsageError):
        check_arguments(find_script(name), arguments)
