"""A playbook is found by its code, in every spelling that the service used."""

from __future__ import annotations

import pytest

from azremedy.domain.playbook import Playbook, Table, find_words


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("ExtensionOperationFailedForManagedDisks", True),
        ("extensionoperationfailedformanageddisks", True),
        ("ExtentionOperationFailedForManagedDisks", True),
        ("400999", True),
        ("40099", False),
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
        table=Table.AGENT,
        source="s",
        numbers=(400999,),
        aliases=("ExtentionOperationFailedForManagedDisks",),
    )

    assert expected == playbook.fits(code)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('az vm show --ids "{vm}" -g "{resource_group}"', ("vm", "resource_group")),
        ("ForEach-Object { $_.Name }; @{LogName=1}; ${var}; awk '{print $1}'", ("var",)),
        ("{unknown}", ("unknown",)),
        ("plain", ()),
    ],
)
def test_words_in_braces_are_told_from_code(text: str, expected: tuple[str, ...]) -> None:
    """Only a name alone in braces is a word; blocks of a shell or of PowerShell are none."""
    assert expected == find_words(text)
