"""The table of what is emulated is complete."""

from __future__ import annotations

import pytest

from azremedy.sandbox.coverage import EMULATED, Row, rows, table, type_of


@pytest.mark.parametrize("row", tuple(rows()), ids=lambda row: f"{row.method} {row.template}")
def test_an_operation_stands_in_the_table(row: Row) -> None:
    """What is emulated of every operation is written down."""
    assert row.emulation


@pytest.mark.parametrize("kind", EMULATED)
def test_a_type_in_the_table_has_an_operation(kind: str) -> None:
    """A type that no route serves has to go."""
    served = [row for row in rows() if row.emulation is EMULATED[kind]]

    assert served


@pytest.mark.parametrize(
    ("template", "kind"),
    [
        ("/subscriptions", ""),
        ("/subscriptions/{s}/resourceGroups/{g}", "microsoft.resources/resourcegroups"),
        (
            "/{s:path}/providers/Microsoft.Authorization/locks/{n}",
            "microsoft.authorization/locks",
        ),
        ("/s/{s}/providers/Microsoft.Compute/disks/{d}", "microsoft.compute/disks"),
    ],
)
def test_a_path_is_about_a_type(template: str, kind: str) -> None:
    """The last provider in a path names the type."""
    assert kind == type_of(template)


def test_the_table_has_a_line_for_each_operation() -> None:
    """Two lines of heading, then one for each row."""
    assert len(list(rows())) + 2 == len(table().splitlines())
