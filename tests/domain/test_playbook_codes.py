"""A playbook is found by its code, in every spelling that the service used."""

from __future__ import annotations

import pytest

from azremedy.domain.playbook import Playbook


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("ExtensionOperationFailedForManagedDisks", True),
        ("extensionoperationfailedformanageddisks", True),
        ("ExtentionOperationFailedForManagedDisks", True),
        ("ExtensionOperationFailed", False),
        ("", False),
    ],
)
def test_a_playbook_fits_its_codes_only(code: str, *, expected: bool) -> None:
    """Case and the service's own misspelling do not matter; a part of a code does."""
    playbook = Playbook(
        schema="azremedy.playbook/1",
        code="ExtensionOperationFailedForManagedDisks",
        title="t",
        meaning="m",
        next=(),
        source="s",
        aliases=("ExtentionOperationFailedForManagedDisks",),
    )

    assert expected == playbook.fits(code)
