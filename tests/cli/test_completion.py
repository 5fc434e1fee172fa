"""Completion: the shells' scripts, the names that commands have met, and nothing sent for it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from azremedy.cli.completion import COMPLETE, SHELLS
from azremedy.cli.main import COMMANDS, cli
from azremedy.cli.names import LIFE_S, MOST, find_cache, keep_world, remember
from azremedy.cli.powershell import PowerShell
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from tests.support.calls import Call

LIMIT = "restore-point-limit"
SUBSCRIPTION = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-shop"
VM = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/web-1"
OTHER = VM.replace("rg-shop", "rg-other").replace("web-1", "web-2")
COLLECTION = f"{GROUP}/providers/Microsoft.Compute/restorePointCollections/c"
HEAVY = ("azure", "aiohttp", "pydantic", "requests", "yaml", "jmespath")
FOLDER = str(Path(sys.executable).parent)


def complete(line: str, word: str = "") -> list[str]:
    """Give what is offered for the word behind a line."""
    asked = PowerShell(cli, {}, "azremedy", COMPLETE)
    return [item.value for item in asked.get_completions(line.split(), word)]


def met(*ids: str, world: str = "public", now: float | None = None) -> None:
    """Keep ids as a command in some world does."""
    with click.Context(click.Command("any")):
        keep_world(world)
        remember(map(ResourceId.parse, ids), now=now)


@pytest.mark.parametrize("shell", SHELLS)
def test_script_asks_the_program(call: Call, shell: str) -> None:
    """Each shell's script is about azremedy and asks it in its own way."""
    called = call("completion", shell)

    assert (0, "") == (called.code, called.err)
    assert f"{shell}_complete" in called.out
    assert "_AZREMEDY_COMPLETE" in called.out
    assert "%(" not in called.out


def test_unknown_shell_is_refused(call: Call) -> None:
    """The shells that there are scripts for are named."""
    called = call("completion", "tcsh")

    assert 2 == called.code
    assert "powershell" in called.err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("azremedy", "unl"), ["unlock-rg"]),
        (("azremedy", "backup-now", "--wait", "s"), ["snapshot"]),
        (("azremedy", "sandbox", "ser"), ["serve"]),
        (("azremedy", "find-rg", "--sandbox", "healthy-"), ["healthy-windows"]),
    ],
)
def test_bash_completes(
    call: Call, tmp_path: Path, words: tuple[str, ...], expected: list[str]
) -> None:
    """A real Bash with the script offers what the program answers."""
    script = tmp_path / "script"
    script.write_text(call("completion", "bash").out)
    given = f"COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}"
    ask = f"source {script}; {given}; _azremedy_completion azremedy; echo ${{COMPREPLY[@]}}"

    assert expected == run("bash", "-c", ask).split()


def test_fish_completes(call: Call, tmp_path: Path) -> None:
    """A real fish with the script offers what the program answers."""
    script = tmp_path / "script"
    script.write_text(call("completion", "fish").out)

    offered = run("fish", "-c", f"source {script}; complete -C 'azremedy unl'")

    assert ["unlock-rg"] == [line.split("\t")[0] for line in offered.splitlines()]


def test_zsh_reads_the_script(call: Call, tmp_path: Path) -> None:
    """A real zsh finds nothing wrong with the script, and registers it."""
    script = tmp_path / "_azremedy"
    script.write_text(call("completion", "zsh").out)
    ask = f"autoload -U compinit; compinit -D; source {script}; echo $_comps[azremedy]"

    assert "_azremedy_completion\n" == run("zsh", "-f", "-c", ask)


def run(shell: str, *arguments: str) -> str:
    """Run a shell that finds the program, or skip where it is not installed."""
    if (found := shutil.which(shell)) is None or shutil.which("azremedy", path=FOLDER) is None:
        pytest.skip(f"{shell}, or the program beside Python, is not installed")
    env = {**os.environ, "PATH": f"{FOLDER}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [found, *arguments], env=env, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout


@pytest.mark.parametrize("line", ["", "fix --vm", "unlock-rg", "explain"])
def test_completion_loads_no_azure_sdk(line: str) -> None:
    """Completion cannot sign in and cannot send: what could is not even loaded."""
    words = line.split()
    code = (
        "import os, sys\n"
        f"os.environ |= {{'_AZREMEDY_COMPLETE': 'bash_complete', 'COMP_WORDS': 'azremedy {line} ',"
        f" 'COMP_CWORD': '{len(words) + 1}'}}\n"
        "from azremedy.cli.main import main\n"
        "try:\n    main()\n"
        "except SystemExit:\n    pass\n"
        "print('loaded:', *sorted({name.partition('.')[0] for name in sys.modules}))\n"
        "print(*(name for name in sys.modules if name.startswith('azremedy.cli.')))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    loaded, own = done.stdout.rpartition("loaded:")[2].splitlines()
    assert [] == [name for name in loaded.split() if name in HEAVY]
    modules = {f"azremedy.cli.{entry.module}" for entry in COMMANDS.values()}
    called = {f"azremedy.cli.{COMMANDS[name].module}" for name in words[:1]}
    assert {"azremedy.cli.completion"} | called == modules & set(own.split())


def test_all_commands_are_offered() -> None:
    """What is listed is offered, with options behind a dash."""
    assert sorted(COMMANDS) == complete("")
    assert ["--version"] == complete("", "--v")


def test_names_that_a_command_has_met_are_offered(call: Call) -> None:
    """VMs and groups that a command listed can be completed right after it, in the same world."""
    call("find-rg", "--sandbox", LIMIT)

    assert ["web-1"] == complete(f"fix --sandbox {LIMIT} --vm")
    assert ["rg-shop-prod"] == complete(f"fix --sandbox {LIMIT} -g", "RG")
    assert ["AzureBackupRG_westeurope_1", "rg-shop-prod"] == complete(
        f"unlock-rg --sandbox {LIMIT}"
    )
    assert [] == complete("fix --vm")


@pytest.mark.parametrize(
    "arguments",
    [
        ("diagnose", "--vm", "web-1", "--sandbox", LIMIT),
        ("backup-now", "--vm", "web-1", "--dry-run", "--sandbox", LIMIT),
    ],
)
def test_commands_on_vms_keep_them(call: Call, arguments: tuple[str, ...]) -> None:
    """A VM that was typed once can be completed."""
    call(*arguments)

    kept = json.loads(find_cache().read_text())
    assert [(LIMIT, "web-1")] == [(world, id_.rpartition("/")[2]) for world, id_, _ in kept]


def test_ids_are_offered_whole_and_by_subscription_and_group() -> None:
    """--ids takes whole ids; a group or a subscription on the line narrows what is offered."""
    met(VM, OTHER, GROUP, COLLECTION)

    assert ["web-1", "web-2"] == complete("fix --vm", "WEB")
    assert [OTHER, VM] == complete("fix --ids")
    assert ["web-1"] == complete("fix -g rg-shop --vm")
    assert ["web-1", "web-2"] == complete(f"fix --subscription {SUBSCRIPTION} --vm")
    assert [] == complete(f"fix --subscription {SUBSCRIPTION.replace('5', '6')} --vm")
    assert ["web-1", "web-2"] == complete("fix --subscription Production --vm")
    assert [VM] == complete(f"fix --ids {OTHER} --ids", VM[:-1])


def test_old_names_are_not_offered() -> None:
    """After a quarter of an hour a name may be gone: it is not offered any more."""
    met(VM, now=0)
    met(OTHER)

    assert ["web-2"] == complete("fix --vm")
    assert [OTHER] == [id_ for _, id_, _ in json.loads(find_cache().read_text())]


def test_names_are_kept_once_and_not_without_end() -> None:
    """The file stays small, and only its owner can read it."""
    many = (VM.replace("web-1", f"vm-{number}") for number in range(MOST + 5))
    met(*many, now=1000)
    met(VM, VM, now=1000 + LIFE_S - 1)

    rows = json.loads(find_cache().read_text())
    assert MOST == len(rows)
    assert 1 == [id_ for _, id_, _ in rows].count(VM)
    assert 0 == find_cache().stat().st_mode & 0o077
    assert [find_cache().name] == [path.name for path in find_cache().parent.iterdir()]


@pytest.mark.parametrize(
    "text", ["", "nonsense", "[1]", "{}", '[["public", "no id", 4102444800]]', "[[1, 2, null]]"]
)
def test_file_that_is_not_ours_is_nothing(text: str) -> None:
    """Completion has nobody to tell about a damaged file: it offers nothing."""
    find_cache().parent.mkdir(parents=True)
    find_cache().write_text(text)

    assert [] == complete("fix --vm")


def test_names_that_cannot_be_kept_are_not_missed(tmp_path: Path) -> None:
    """A command does not fail for its completion's sake."""
    find_cache().parent.write_text("a file where the folder should be")

    met(VM)

    assert not find_cache().exists()


def test_nothing_is_kept_outside_a_command() -> None:
    """Without a command that says in which world it works there is nothing to keep."""
    remember([ResourceId.parse(VM)])
    with click.Context(click.Command("any")):
        remember([ResourceId.parse(VM)])

    assert not find_cache().exists()


def test_folder_is_the_platforms(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without the variable it is where the platform keeps what may be lost."""
    monkeypatch.delenv("AZREMEDY_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    assert tmp_path / "azremedy" / "names.json" == find_cache()


def test_broken_settings_do_not_break_completion() -> None:
    """The next command tells what is wrong with the file; completion just goes on."""
    path = Path(os.environ["AZREMEDY_CONFIG_DIR"], "config")
    path.parent.mkdir(parents=True)
    path.write_text("otput = json\n")

    assert ["snapshot"] == complete("backup-now --wait", "s")


def test_runs_codes_and_settings_are_offered(call: Call) -> None:
    """What lies in files here is completed from there."""
    call("backup-now", "--vm", "web-1", "--yes", "--sandbox", "healthy")
    run_id = call("runs", "--rehearsals", "-o", "tsv", "--query", "[].past.runId").out.strip()

    assert [run_id] == complete("runs show --rehearsals")
    assert [run_id] == complete("undo --sandbox healthy", run_id[:3])
    assert ["UserErrorRpCollectionLimitReached"] == complete("explain", "UserErrorRpCollectionL")
    assert ["max-targets="] == complete("config set", "max")
    assert ["max-targets"] == complete("config unset", "max")


@pytest.mark.parametrize(
    ("line", "word", "expected"),
    [
        ("azremedy", "", sorted(COMMANDS)),
        ("azremedy unl", "unl", ["unlock-rg"]),
        ("azremedy fix --wait ", "", ["snapshot", "job", "none"]),
    ],
)
def test_powershell_gets_a_line_each(line: str, word: str, expected: list[str]) -> None:
    """Kind, value and help of one completion are one line, also when the word is still empty."""
    asked = {"_AZREMEDY_COMPLETE": "powershell_complete", "COMP_WORDS": line, "COMP_CWORD": word}

    done = subprocess.run(
        [sys.executable, "-m", "azremedy"],
        env={**os.environ, **asked},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    lines = [answer.split("\t") for answer in done.stdout.splitlines()]
    assert expected == [value for _, value, _ in lines]
    assert ("", {"plain"}) == (done.stderr, {kind for kind, _, _ in lines})
