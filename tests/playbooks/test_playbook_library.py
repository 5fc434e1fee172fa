"""A team's own playbooks add to those that are shipped, and replace them by code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from azremedy.errors import UsageError
from azremedy.playbooks import check_files, find_playbooks, find_user_folder, load_library

if TYPE_CHECKING:
    from collections.abc import Callable

    from azremedy.playbooks import Library

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "playbooks"
CODE = "UserErrorRpCollectionLimitReached"


def playbook(code: str, extra: str = "") -> str:
    """Write a small playbook."""
    return (
        f"schema: azremedy.playbook/1\ncode: {code}\ntitle: Ours\nmeaning: Ours.\n"
        f"table: vm\nsource: us, 2026\n{extra}"
    )


def steps(name: str, line: str = "Look.") -> str:
    """Write small instructions."""
    return (
        f"schema: azremedy.instructions/1\nname: {name}\ntitle: Ours\nplace: portal\n"
        f"lines: [{line}]\nsource: us, 2026\n"
    )


def title_of(library: Library, code: str) -> str:
    """Give a code's title."""
    book = library.find(code)
    return book.title if book else ""


def test_file_adds_a_code(write: Callable[[str, str], Path], library: Library) -> None:
    """A code that nobody knows is known with a team's file; nothing else changes."""
    found = load_library([write("own.yaml", playbook("OwnCode"))])

    assert "Ours" == title_of(found, "owncode")
    assert len(library.playbooks) + 1 == len(found.playbooks)


def test_file_replaces_a_code_as_a_whole(
    write: Callable[[str, str], Path], library: Library
) -> None:
    """A team's word on a code stands alone, in whatever case it spells it."""
    found = load_library([write("own.yaml", playbook(CODE.upper()))])

    book = found.find(CODE)
    assert book is not None
    assert ("Ours", ()) == (book.title, book.causes)
    assert len(library.playbooks) == len(found.playbooks)


def test_instructions_beside_a_file_are_its_own(write: Callable[[str, str], Path]) -> None:
    """Instructions lie in a folder beside the playbook that names them."""
    path = write("own.yaml", playbook("OwnCode", "instructions: [own-steps]\n"))
    write("instructions/own-steps.yaml", steps("own-steps"))

    found = load_library([path])

    assert ("Look.",) == found.get_instructions(["own-steps"])[0].lines


def test_instructions_are_replaced_by_name(write: Callable[[str, str], Path]) -> None:
    """A team's own steps stand in the place of those that are shipped."""
    path = write("own.yaml", playbook("OwnCode", "instructions: [contact-support]\n"))
    write("instructions/any.yaml", steps("contact-support", "Call us first."))

    found = load_library([path])

    assert ["Call us first."] == [
        each.lines[0] for each in found.get_instructions(["contact-support"])
    ]


def test_unknown_instructions_are_left_out(library: Library) -> None:
    """What nothing has cannot be given."""
    found = library.get_instructions(["contact-support", "no-such-steps"])

    assert ["contact-support"] == [each.name for each in found]


def test_folder_of_the_user_is_read(
    write: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies in the folder that the variable names counts without being named."""
    folder = write("own.yaml", playbook("OwnCode")).parent
    monkeypatch.setenv("AZREMEDY_PLAYBOOKS", str(folder))

    assert folder == find_user_folder()
    assert "Ours" == title_of(load_library(), "OwnCode")
    assert ["OwnCode"] == [book.code for book in find_playbooks(["owncode", "NoSuchCode"])]


def test_named_file_wins_over_the_users_folder(
    write: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The nearer word counts."""
    monkeypatch.setenv("AZREMEDY_PLAYBOOKS", str(write("a/x.yaml", playbook("OwnCode")).parent))
    path = write("b/x.yaml", playbook("OwnCode").replace("title: Ours", "title: Nearer"))

    assert "Nearer" == title_of(load_library([path]), "OwnCode")


def test_platforms_folder_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the variable it is the platform's folder for configuration, if it exists."""
    monkeypatch.delenv("AZREMEDY_PLAYBOOKS")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    before = find_user_folder()
    from platformdirs import user_config_path  # noqa: PLC0415 - after the environment is set

    folder = user_config_path("azremedy", appauthor=False) / "playbooks"
    folder.mkdir(parents=True)

    assert None is before
    assert folder == find_user_folder()


def test_folder_that_is_none_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slip in the variable does not silently mean no playbooks."""
    monkeypatch.setenv("AZREMEDY_PLAYBOOKS", str(tmp_path / "none"))

    with pytest.raises(UsageError, match="which is not a folder"):
        load_library()


def test_one_file_named_twice_is_one_file(write: Callable[[str, str], Path]) -> None:
    """A file cannot clash with itself."""
    path = write("own.yaml", playbook("OwnCode"))

    assert "Ours" == title_of(load_library([path, path.parent / "." / path.name]), "OwnCode")


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_example_can_be_used(path: Path) -> None:
    """Each example loads, and what it names exists."""
    found = load_library([path])

    assert found.find(path.stem) is not None


def test_nothing_is_wrong_with_the_examples() -> None:
    """A folder stands for all files in it."""
    assert () == check_files([EXAMPLES])
