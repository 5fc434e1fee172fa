"""All playbooks and instructions at hand, a team's own before those that come with azremedy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azremedy.domain.playbook import Instructions, Playbook
from azremedy.playbooks import folders
from azremedy.playbooks.problems import Problem, refuse

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from azremedy.playbooks.layers import Layer


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """Playbooks and the instructions that they name."""

    playbooks: tuple[Playbook, ...] = ()
    """By code, each code once."""
    instructions: tuple[Instructions, ...] = ()
    """By name, each name once."""

    def find(self, code: str) -> Playbook | None:
        """Find the playbook for a code or number, in any spelling."""
        return next((book for book in self.playbooks if book.fits(code)), None)

    def get_instructions(self, names: Iterable[str]) -> tuple[Instructions, ...]:
        """Give instructions by name, in that order; a name that nothing has is left out."""
        known = {each.name: each for each in self.instructions}
        return tuple(known[name] for name in names if name in known)


def load_library(files: Iterable[Path] = ()) -> Library:
    """Read all playbooks: those shipped, those of the user's folder, and some files.

    A later one replaces an earlier one of the same code as a whole, and so do instructions by
    name. Files of instructions lie in a folder ``instructions`` beside the playbooks.

    Raises:
        UsageError: when a file cannot be used; the message names file and line, and what was
            meant.
    """
    library = load_shipped()
    user = folders.find_user_folder()
    for paths in (folders.list_all(user) if user else (), folders.list_with_instructions(files)):
        library = _add(library, paths)
    return library


def load_shipped() -> Library:
    """Read the playbooks that come with azremedy.

    Whether what they name exists is for tests to find out: each start would pay for it.
    """
    from azremedy.playbooks.layers import read_layer  # noqa: PLC0415 - see __init__

    layer = read_layer(folders.list_all(folders.find_folder()))
    if layer.problems:
        raise refuse(layer.problems)
    return _put_on_top(Library(), layer)


def find_playbooks(codes: Iterable[str]) -> tuple[Playbook, ...]:
    """Find the playbooks for some codes, each once; a code without one is left out."""
    library = load_library()
    found = (library.find(code) for code in codes)
    return tuple({book.code: book for book in found if book is not None}.values())


def check_files(files: Iterable[Path]) -> tuple[Problem, ...]:
    """Find all that is wrong with a team's files, on top of the playbooks that are shipped.

    A folder stands for all its playbooks and their instructions; one that holds none is a problem.
    """
    from azremedy.playbooks.layers import check_layer, read_layer  # noqa: PLC0415 - see __init__

    given = tuple(files)
    idle = [path for path in given if path.is_dir() and not folders.list_all(path)]
    found = [
        Problem(file=str(path), line=1, message="no *.yaml is in this folder") for path in idle
    ]
    paths = folders.list_with_instructions(given)
    found.extend(check_layer(read_layer(paths), load_shipped()))
    return tuple(sorted(found, key=lambda each: (each.file, each.line)))


def read_playbook(path: Path) -> Playbook:
    """Read one playbook; whether what it names exists is not looked at.

    Raises:
        UsageError: when it is none; the message names file and line, and what was meant.
    """
    from azremedy.playbooks.layers import read_layer  # noqa: PLC0415 - see __init__

    layer = read_layer((path,))
    if layer.problems:
        raise refuse(layer.problems)
    if not layer.playbooks:
        raise refuse((Problem(file=str(path), line=1, message="these are instructions"),))
    return layer.playbooks[0]


def _add(library: Library, paths: tuple[Path, ...]) -> Library:
    from azremedy.playbooks.layers import check_layer, read_layer  # noqa: PLC0415 - see __init__

    layer = read_layer(paths)
    if problems := tuple(check_layer(layer, library)):
        raise refuse(problems)
    return _put_on_top(library, layer)


def _put_on_top(library: Library, layer: Layer) -> Library:
    books = {book.code.lower(): book for book in (*library.playbooks, *layer.playbooks)}
    known = {each.name: each for each in (*library.instructions, *layer.instructions)}
    return Library(
        playbooks=tuple(books[code] for code in sorted(books)),
        instructions=tuple(known[name] for name in sorted(known)),
    )
