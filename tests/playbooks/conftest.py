"""Give playbook tests files of their own, and the library that is shipped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from azremedy.playbooks import load_shipped

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from azremedy.playbooks import Library


@pytest.fixture(scope="session")
def library() -> Library:
    """Give the playbooks that are shipped."""
    return load_shipped()


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    """Write a file below a folder of the test's own and give its path."""

    def written(name: str, text: str) -> Path:
        path = tmp_path / "own" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return written
