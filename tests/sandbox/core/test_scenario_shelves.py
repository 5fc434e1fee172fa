"""The scenarios that come with the sandbox, under headings."""

from __future__ import annotations

from click.testing import CliRunner

from azremedy.cli.main import cli
from azremedy.sandbox import scenario
from azremedy.sandbox.scenario_shelves import shelves


def test_every_scenario_stands_on_one_shelf() -> None:
    """None is left out, none stands twice, and those that come along all have a heading."""
    found = [each.name for _, scenarios in shelves() for each in scenarios]
    headings = [heading for heading, _ in shelves()]

    assert list(scenario.names()) == sorted(found)
    assert "Nothing is wrong" == headings[0]
    assert "Others" not in headings


def test_the_list_names_each_with_its_sentence() -> None:
    """`sandbox list` prints heading after heading, and beneath it names and titles."""
    lines = CliRunner().invoke(cli, ["sandbox", "list"]).stdout.splitlines()
    names = [line.split()[0] for line in lines if line.startswith("  ")]

    assert "Nothing is wrong" == lines[0]
    assert set(scenario.names()) == set(names)
    assert ["  healthy          One protected Linux VM whose backups are fine."] == [
        line for line in lines if line.startswith("  healthy ")
    ]
    assert max(map(len, lines)) <= 140
