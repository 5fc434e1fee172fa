"""What the playbooks say holds together, and can be copied from."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from azremedy.domain.playbook import Place
from azremedy.domain.rules import RULES
from azremedy.playbooks import check_files, find_folder

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.playbooks import Library

FILES = sorted(find_folder().rglob("*.yaml"))
QUOTED = frozenset({"vm", "vm_name", "resource_group", "subscription"})


def test_nothing_is_wrong_with_the_shipped_files() -> None:
    """Every cause, remedy, instruction and word that they name exists."""
    assert () == check_files([find_folder()])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_line_is_longer_than_a_screen(path: Path) -> None:
    """Files are read by people, in editors."""
    lines = path.read_text(encoding="utf-8").splitlines()

    assert [] == [line for line in lines if len(line) > 100]


def test_files_of_instructions_bear_their_names(library: Library) -> None:
    """A name is found by looking at the folder."""
    stems = sorted(path.stem for path in (find_folder() / "instructions").glob("*.yaml"))

    assert stems == [each.name for each in library.instructions]


def test_every_cause_that_can_be_decided_is_behind_some_code(library: Library) -> None:
    """A rule that no playbook names would be asked for no code."""
    named = {cause.cause for book in library.playbooks for cause in book.causes}

    assert [] == [rule.cause for rule in RULES if rule.cause not in named]


def test_every_instruction_is_used(library: Library) -> None:
    """Instructions that nothing leads to help nobody."""
    used = {name for rule in RULES for name in rule.instructions}
    for book in library.playbooks:
        used.update(book.instructions)
        used.update(name for cause in book.causes for name in cause.instructions)

    assert [] == [each.name for each in library.instructions if each.name not in used]


def test_rules_name_instructions_that_exist(library: Library) -> None:
    """A rule's own instructions can be shown when no playbook says otherwise."""
    known = {each.name for each in library.instructions}

    missing = [(rule.cause, name) for rule in RULES for name in rule.instructions]
    assert [] == [(cause, name) for cause, name in missing if name not in known]


def test_every_code_leads_somewhere(library: Library) -> None:
    """Each code names causes, instructions, a remedy or a page to read; a fine state needs none."""
    idle = [
        book.code
        for book in library.playbooks
        if not (book.causes or book.instructions or book.remedies or book.links)
    ]

    assert ["IaasVmHealthGreenDefault"] == idle


def test_every_source_is_dated(library: Library) -> None:
    """Facts about Azure age: each source has a year."""
    sources = [book.source for book in library.playbooks]
    sources.extend(each.source for each in library.instructions)

    assert [] == [source for source in sources if not re.search(r"\b20[12]\d\b", source)]


def test_links_have_no_scheme(library: Library) -> None:
    """The report writes https:// before them."""
    links = [link for book in library.playbooks for link in book.links]

    assert [] == [link for link in links if "://" in link or " " in link]


def test_obsolete_advice_is_named_where_it_was_given(library: Library) -> None:
    """What the article of 2018 said and no longer holds is told as such."""
    told = {book.code for book in library.playbooks if book.formerly}

    assert {
        "UserErrorGuestAgentStatusUnavailable",
        "GuestAgentSnapshotTaskStatusError",
        "UserErrorRpCollectionLimitReached",
        "ExtensionSnapshotFailedNoNetwork",
        "ExtensionOperationFailedForManagedDisks",
        "BackUpOperationFailed",
        "BackUpOperationFailedV2",
        "UserErrorUnsupportedDiskSize",
        "UserErrorStandardSSDNotSupported",
    } <= told


def test_names_of_the_vm_are_quoted_in_commands(library: Library) -> None:
    """A group's name may hold parentheses: in a command it stands between quotation marks."""
    loose = [
        (each.name, command)
        for each in library.instructions
        for command in each.commands
        for found in re.finditer(r"\{([a-z_]+)\}", command)
        if found[1] in QUOTED and command[: found.start()].count('"') % 2 == 0
    ]

    assert [] == loose


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash to ask")
def test_shell_commands_are_shell(library: Library) -> None:
    """Commands for a shell parse in one."""
    wrong = [
        (each.name, command, said)
        for each in library.instructions
        if each.place in {Place.LINUX, Place.GUEST, Place.AZURE_CLI}
        for command in each.commands
        if (said := _parse(command))
    ]

    assert [] == wrong


def _parse(command: str) -> str:
    done = subprocess.run(
        ["bash", "-n", "-c", command], capture_output=True, text=True, check=False, timeout=20
    )
    return done.stderr
