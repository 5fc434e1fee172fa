"""Find where runs are kept: a folder of this machine, or a container that machines share."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azremedy.engine.store import Store

Place: TypeAlias = "Path | Store"
"""Where runs are kept: a folder, or what keeps them elsewhere."""


def as_store(place: Place) -> Store:
    """Give what keeps runs in a place."""
    from azremedy.engine.folder_store import FolderStore  # noqa: PLC0415 - reads no plan before

    return FolderStore(place) if isinstance(place, Path) else place


@contextmanager
def open_store(state: str | None = None, *, rehearsals: bool = False) -> Iterator[Store]:
    """Open the place that is named and close it again; see :func:`make_store`.

    Raises:
        UsageError: it is no place for runs.
    """
    store = make_store(state, rehearsals=rehearsals)
    try:
        yield store
    finally:
        store.close()


def make_store(state: str | None = None, *, rehearsals: bool = False) -> Store:
    """Make what keeps runs in a folder, or in a container of Azure Blob Storage. Sends nothing.

    Args:
        state: a folder's path, or ``https://ACCOUNT.blob.core.windows.net/CONTAINER[/PREFIX]``;
            else ``AZREMEDY_STATE`` names it, else ``AZREMEDY_STATE_DIR`` a folder, else it is the
            platform's folder.
        rehearsals: whether it is for runs in sandboxes, which are kept apart.

    Raises:
        UsageError: a URL that names no container, holds a secret, or needs what is not installed.
    """
    named = find_state(state)
    if is_url(named):
        from azremedy.engine.blob_store import BlobStore  # noqa: PLC0415 - only when named
        from azremedy.gateways.blob_places import open_blobs  # noqa: PLC0415 - only when named

        return BlobStore(open_blobs(named, below="sandbox" if rehearsals else "", env=os.environ))
    root = Path(named)
    return as_store(root / "sandbox" if rehearsals else root)


def find_state(state: str | None = None) -> str:
    """Name the place: what is given, else the environment's, else the platform's folder."""
    named = state or os.environ.get("AZREMEDY_STATE") or os.environ.get("AZREMEDY_STATE_DIR")
    if named:
        return named
    from platformdirs import user_state_path  # noqa: PLC0415 - only for runs

    return str(user_state_path("azremedy", appauthor=False))


def is_url(state: str) -> bool:
    """Say whether a place is a container, and no folder."""
    return "://" in state
