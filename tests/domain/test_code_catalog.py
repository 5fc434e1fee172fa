"""Playbooks are found by code, number, slip of the pen, and inside free text."""

from __future__ import annotations

import pytest

from azremedy.domain.catalog import Catalog
from azremedy.domain.playbook import Playbook, Table


def make_playbook(
    code: str, *, numbers: tuple[int, ...] = (), aliases: tuple[str, ...] = ()
) -> Playbook:
    """Make a playbook of which only its names matter."""
    return Playbook(
        schema="azremedy.playbook/1",
        code=code,
        title="t",
        meaning="m",
        table=Table.AGENT,
        source="s",
        numbers=numbers,
        aliases=aliases,
    )


@pytest.fixture
def catalog() -> Catalog:
    """Give a small catalog."""
    return Catalog(
        (
            make_playbook("BackUpOperationFailed", numbers=(400002,)),
            make_playbook("BackUpOperationFailedV2"),
            make_playbook(
                "ExtensionOperationFailedForManagedDisks",
                aliases=("ExtentionOperationFailedForManagedDisks",),
            ),
            make_playbook("UserErrorRpCollectionLimitReached"),
            make_playbook("UserErrorRpCollectionDeleted", numbers=(400288,)),
            make_playbook("FailedSnapshotLimitReached", aliases=("StatusCode.FailedRateExceeded",)),
            make_playbook("VMRestorePointInternalError"),
            make_playbook("Busy"),
        )
    )


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("BackUpOperationFailed", "BackUpOperationFailed"),
        (" backupoperationfailedv2 ", "BackUpOperationFailedV2"),
        (400002, "BackUpOperationFailed"),
        ("400288", "UserErrorRpCollectionDeleted"),
        (
            "ExtentionOperationFailedForManagedDisks",
            "ExtensionOperationFailedForManagedDisks",
        ),
        ("StatusCode.FailedSnapshotLimitReached", "FailedSnapshotLimitReached"),
        ("statuscode.failedrateexceeded", "FailedSnapshotLimitReached"),
        ("FailedRateExceeded", "FailedSnapshotLimitReached"),
        ("BackUpOperation", None),
        ("", None),
        (400, None),
    ],
)
def test_a_playbook_is_found_in_every_spelling(
    catalog: Catalog, asked: str | int, expected: str | None
) -> None:
    """By name, alias or number, without case; a part of a code is no code."""
    found = catalog.find(asked)

    assert expected == (found.code if found else None)


def test_the_first_playbook_that_fits_is_taken() -> None:
    """A team's own playbook, which comes first, replaces azremedy's."""
    own = make_playbook("BusyVault", numbers=(1,))
    shipped = make_playbook("VaultIsBusy", aliases=("BusyVault",), numbers=(1,))

    assert own is Catalog((own, shipped)).find("busyvault")
    assert own is Catalog((own, shipped)).find(1)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("RpCollection", ("UserErrorRpCollectionDeleted", "UserErrorRpCollectionLimitReached")),
        ("RpColection", ("UserErrorRpCollectionDeleted", "UserErrorRpCollectionLimitReached")),
        ("BackUpOperatoinFailed", ("BackUpOperationFailed", "BackUpOperationFailedV2")),
        ("StatusCode.RateExceeded", ("FailedSnapshotLimitReached",)),
        ("extentionOp", ("ExtensionOperationFailedForManagedDisks",)),
        ("nothing like it at all", ()),
        ("  ", ()),
    ],
)
def test_codes_are_suggested_for_slips_and_parts(
    catalog: Catalog, asked: str, expected: tuple[str, ...]
) -> None:
    """The likeliest come first; each code once, though an alias was alike."""
    assert expected == catalog.suggest(asked)


def test_no_more_than_five_codes_are_suggested() -> None:
    """A short part that stands in every code does not list them all."""
    catalog = Catalog(tuple(make_playbook(f"UserError{letter}" * 2) for letter in "ABCDEFGH"))

    assert 5 == len(catalog.suggest("UserError"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Fehler: VMRestorePointInternalError.", ("VMRestorePointInternalError",)),
        ("BackUpOperationFailedV2", ("BackUpOperationFailedV2",)),
        ("BackUpOperationFailed", ("BackUpOperationFailed",)),
        (
            "backupoperationfailedv2 (ExtentionOperationFailedForManagedDisks)",
            ("BackUpOperationFailedV2", "ExtensionOperationFailedForManagedDisks"),
        ),
        ("StatusCode.FailedSnapshotLimitReached, 85", ("FailedSnapshotLimitReached",)),
        ("status FailedRateExceeded now", ("FailedSnapshotLimitReached",)),
        ("MyBackUpOperationFailed BackUpOperationFailed_1", ()),
        ("400288", ()),
        ("The vault is busy", ()),
        ("", ()),
    ],
)
def test_codes_are_found_as_whole_words_in_a_text(
    catalog: Catalog, text: str, expected: tuple[str, ...]
) -> None:
    """In the order in which they stand there; numbers and words of a language are no codes."""
    assert expected == tuple(book.code for book in catalog.find_in_text(text))


def test_a_code_that_stands_twice_is_found_once(catalog: Catalog) -> None:
    """The same playbook is not told again."""
    text = "BackUpOperationFailed: BackUpOperationFailed, ExtensionOperationFailedForManagedDisks"

    assert 2 == len(catalog.find_in_text(text))


def test_an_empty_catalog_finds_nothing() -> None:
    """Without playbooks no text holds a code."""
    catalog = Catalog(())

    assert () == catalog.find_in_text("BackUpOperationFailed")
    assert () == catalog.suggest("BackUpOperationFailed")
    assert None is catalog.find("BackUpOperationFailed")
