"""Read the playbooks that come with azremedy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from azremedy.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azremedy.domain.playbook import Playbook


def find_folder() -> Path:
    """Find the playbooks: inside the wheel's package, or beside the package in a checkout.

    An editable install leaves an old copy in site-packages, which is why nothing else is searched.
    """
    package = Path(__file__).parent
    packed = package / "_playbooks"
    return packed if packed.is_dir() else package.parent / "playbooks"


def read_playbook(path: Path) -> Playbook:
    """Read one file.

    Raises:
        UsageError: when it is not a playbook; the message names the file and what is wrong.
    """
    import yaml  # noqa: PLC0415 - only when one is read
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415 - only when one is read

    from azremedy.domain.playbook import Playbook  # noqa: PLC0415 - pydantic reads the class

    # The loader made in C is ten times faster; PyYAML may be built without it.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - safe
        return TypeAdapter(Playbook).validate_python(document)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        raise UsageError(f"The playbook {path} cannot be used: {error}", advice="") from error


def find_playbooks(codes: Iterable[str]) -> tuple[Playbook, ...]:
    """Find the playbooks for some codes, each once; a code without one is left out."""
    known = [read_playbook(path) for path in sorted(find_folder().glob("*.yaml"))]
    found = (book for code in codes for book in known if book.fits(code))
    return tuple({book.code: book for book in found}.values())
