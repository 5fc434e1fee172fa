"""Defaults: a flag before the environment, the environment before the file, the file last."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from azremedy.cli.main import cli
from azremedy.cli.plan import CHANGING
from azremedy.cli.settings import NEVER, SETTINGS, change_lines, check_name, find_file
from azremedy.errors import UsageError
from tests.support.command_lines import list_commands, walk

if TYPE_CHECKING:
    from tests.support.calls import Call, Serve

WORLD = ("--sandbox", "healthy")
VM = (
    "/subscriptions/5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001/resourceGroups/rg-shop-prod"
    "/providers/Microsoft.Compute/virtualMachines/web-1"
)
GOOD = {
    "cloud": "usgov",
    "max-targets": "5",
    "only-show-errors": "yes",
    "output": "yaml",
    "read-only": "true",
    "resource-group": "rg-web",
    "subscription": "Production",
    "tenant": "contoso.example",
}
BAD_FILES = {
    "unknown": ("[defaults]\notput = json\n", "line 2: there is no setting 'otput'"),
    "meant": ("[defaults]\notput = json\n", "Did you mean 'output'?"),
    "forbidden": ("[defaults]\n\nyes = true\n", "line 3: 'yes' cannot be a default"),
    "forbidden as a flag": ("[defaults]\n--accept_loss = 1\n", "cannot be a default"),
    "wrong value": ("[defaults]\noutput = xml\n", "line 2: output: 'xml' is none of table,"),
    "wrong switch": ("read-only = maybe\n", "line 1: read-only: 'maybe' is neither true nor false"),
    "more targets": ("max-targets = 21\n", "a file may only allow less"),
    "empty value": ("subscription =\n", "subscription: '' is empty"),
    "no value": ("[defaults]\noutput\n", "line 2: 'output' is not 'name = value'"),
    "other section": ("[core]\noutput = json\n", "line 1: '[core]' is not 'name = value'"),
}


def write(text: str) -> Path:
    """Write the file of the test's person."""
    path = Path(os.environ["AZREMEDY_CONFIG_DIR"], "config")
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_flag_environment_file_default(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each source goes before the next."""
    chosen = ("config", "list", "--query", "[0].name")

    assert "Result\n------\noutput\n" == call(*chosen).out
    call("config", "set", "output=yaml")
    assert "output\n" == call(*chosen).out
    monkeypatch.setenv("AZREMEDY_OUTPUT", "json")
    assert '"output"\n' == call(*chosen).out
    assert "output\n" == call(*chosen, "-o", "tsv").out


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_can_be_kept_and_read_back(call: Call, name: str) -> None:
    """What is set is got, listed with its place, and gone when it is unset."""
    kept = call("config", "set", f"{name}={GOOD[name]}")

    assert (0, "", "") == (kept.code, kept.out, kept.err)
    assert f"{GOOD[name]}\n" == call("config", "get", name).out
    listed = call("config", "list", "-o", "json", "--query", f"[?name=='{name}']").document
    assert [(GOOD[name], "file")] == [(row["value"], row["from"]) for row in listed]
    assert 0 == call("config", "unset", name).code
    assert "" == call("config", "get", name).out


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_is_the_default_of_its_flag(name: str) -> None:
    """Each is looked up by an option of that flag, in the environment and in the file."""
    options = [
        option
        for command in list_commands().values()
        for option in command.params
        if SETTINGS[name].flag in option.opts and option.type.name != "file"
    ]
    plain = [option for option in options if not option.multiple]

    assert plain
    assert [list(SETTINGS[name].variables)] * len(plain) == [each.envvar for each in plain]
    write(f"{name} = {GOOD[name]}\n")
    read = SETTINGS[name].read(GOOD[name])
    assert [read] * len(plain) == [each.get_default(click.Context(cli)) for each in plain]


@pytest.mark.parametrize("name", SETTINGS)
def test_environment_goes_before_the_file(
    call: Call, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The listing says which variable holds."""
    variable = f"AZREMEDY_{name.replace('-', '_').upper()}"
    write(f"{name} = {GOOD[name]}\n")
    monkeypatch.setenv(variable, "json" if name == "output" else "1")

    listed = call("config", "list", "-o", "json", "--query", f"[?name=='{name}'].from")

    assert [variable] == listed.document


@pytest.mark.parametrize("name", sorted(NEVER))
def test_what_changes_more_cannot_be_a_default(call: Call, name: str) -> None:
    """Flags that allow, widen or confirm a change are refused with the reason."""
    called = call("config", "set", f"{name}=true")

    assert 2 == called.code
    assert "cannot be a default" in called.err
    assert f"Give --{name} each time" in called.err
    assert not find_file().exists()


def test_every_flag_of_a_change_is_classified() -> None:
    """No new flag of a changing command becomes a default by accident."""
    harmless = {
        "dry-run",
        "detailed-exitcode",
        "relock",
        "no-wait",
        "everything",
        "verbose",
        "debug",
        "help",
    }
    held_back = {"no-cool-down", "no-ramp"}
    context = click.Context(cli)
    flags = {
        opt.removeprefix("--")
        for name in CHANGING
        for _, command in walk(cli.get_command(context, name) or cli, context)
        for option in command.params
        if isinstance(option, click.Option) and option.is_flag
        for opt in option.opts
        if opt.startswith("--")
    }

    assert set() == flags - set(SETTINGS) - NEVER - harmless - held_back
    assert set() == NEVER & set(SETTINGS)


@pytest.mark.parametrize("case", BAD_FILES)
def test_broken_file_is_refused_with_its_line(call: Call, case: str) -> None:
    """A command does not guess what a file may have meant: it names file and line."""
    text, told = BAD_FILES[case]
    path = write(text)

    called = call("find-rg", *WORLD)

    assert 2 == called.code
    assert str(path) in called.err.replace("\n", "")
    assert told in called.err.replace("\n", " ")


def test_broken_file_can_be_repaired(call: Call) -> None:
    """Unset takes out also what should never have been in it."""
    path = write("[defaults]\nyes = true\noutput = json\n")

    assert 0 == call("config", "unset", "yes").code
    assert "[defaults]\noutput = json\n" == path.read_text()
    assert 0 == call("find-rg", *WORLD).code


def test_unreadable_file_is_a_usage_error(call: Call) -> None:
    """A file that is no text is named, and left alone by set."""
    path = write("")
    path.write_bytes(b"output = \xff\n")

    read, written = call("find-rg", *WORLD), call("config", "set", "output=json")

    assert [2, 2] == [read.code, written.code]
    assert "cannot be read" in read.err
    assert "cannot be written" in written.err
    assert b"output = \xff\n" == path.read_bytes()


def test_nothing_is_written_when_one_of_several_is_wrong(call: Call) -> None:
    """All values are checked before the first is kept."""
    called = call("config", "set", "output=json", "max-targets=1000")

    assert 2 == called.code
    assert not find_file().exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("set", "output"), "'output' has no value"),
        (("set", "outputs=json"), "Did you mean 'output'?"),
        (("get", "outptu"), "Did you mean 'output'?"),
        (("unset", "wibble"), "There are: output,"),
        (("lst",), "Did you mean 'list'?"),
    ],
)
def test_mistakes_are_answered_with_what_was_meant(
    call: Call, arguments: tuple[str, ...], told: str
) -> None:
    """Typos get a suggestion and exit code 2."""
    called = call("config", *arguments)

    assert 2 == called.code
    assert told in called.err.replace("\n", " ")


def test_comments_stay() -> None:
    """A file that a person has written keeps its order and its comments."""
    lines = ["# ours", "[defaults]", "output = json  ", "; more", "max_targets = 3"]

    changed = change_lines(lines, "output", "yaml")
    more = change_lines(changed, "max-targets", None)

    assert ["# ours", "[defaults]", "output = yaml", "; more", "max_targets = 3"] == changed
    assert ["# ours", "[defaults]", "output = yaml", "; more", "tenant = x"] == change_lines(
        more, "tenant", "x"
    )
    assert ["[defaults]", "tenant = x"] == change_lines([], "tenant", "x")


def test_list_is_told_to_people(call: Call) -> None:
    """The table names each setting, its value and where it comes from."""
    write("subscription = Production\n")

    called = call("config", "list")

    row = next(line for line in called.out.splitlines() if line.startswith("subscription"))
    assert ["subscription", "Production", "file"] == row.split()[:3]


def test_path_is_told_before_there_is_a_file(call: Call) -> None:
    """The folder is the one that AZREMEDY_CONFIG_DIR names."""
    assert f"{Path(os.environ['AZREMEDY_CONFIG_DIR'], 'config')}\n" == call("config", "path").out


def test_folder_is_the_platforms(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without the variable it is where the platform keeps settings."""
    monkeypatch.delenv("AZREMEDY_CONFIG_DIR")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    assert tmp_path / "azremedy" / "config" == find_file()


def test_defaults_about_azure_do_not_reach_a_sandbox(call: Call) -> None:
    """A world has its own subscription, tenant and groups; only what is typed holds there."""
    write("subscription = Production\ntenant = contoso.example\nresource-group = rg-web\n")

    assert 0 == call("diagnose", "--vm", "web-1", *WORLD).code
    assert 6 == call("diagnose", "--vm", "web-1", *WORLD, "-g", "rg-web").code
    assert 6 == call("diagnose", "--vm", "web-1", *WORLD, "--subscription", "Production").code


def test_default_subscription_is_looked_up(
    call: Call, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file's subscription stands behind AZREMEDY_SUBSCRIPTION, and both reach Azure's list."""
    served = serve("healthy")
    for name, value in served.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AZURE_SUBSCRIPTION_ID", raising=False)
    write("subscription = nowhere-1\n")

    from_file = call("find-rg")
    monkeypatch.setenv("AZREMEDY_SUBSCRIPTION", "nowhere-2")
    from_environment = call("find-rg")
    typed = call("find-rg", "--subscription", "nowhere-3")

    assert "no subscription named 'nowhere-1'" in from_file.err
    assert "no subscription named 'nowhere-2'" in from_environment.err
    assert "no subscription named 'nowhere-3'" in typed.err


def test_default_group_is_for_names_only(
    call: Call, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An id says its group by itself: a default does not contradict it."""
    served = serve("healthy")
    for name, value in served.env.items():
        monkeypatch.setenv(name, value)
    write("resource-group = rg-web\n")

    by_id = call("backup-now", "--ids", VM, "--dry-run")
    by_name = call("backup-now", "--vm", "web-1", "--dry-run")

    assert 0 == by_id.code
    assert 6 == by_name.code
    assert "There is no VM 'web-1' in group rg-web" in by_name.err


def test_read_only_file_binds_every_command(call: Call) -> None:
    """A machine on which nothing may be changed can say so once."""
    write("read-only = true\n")

    assert 4 == call("backup-now", "--vm", "web-1", "--yes", *WORLD).code


def test_names_are_read_as_people_write_them() -> None:
    """Dashes, underscores and capitals make no difference; another word does."""
    assert SETTINGS["read-only"] == check_name("--Read_Only")
    with pytest.raises(UsageError, match="no setting"):
        check_name("readonly-mode-of-mine")
