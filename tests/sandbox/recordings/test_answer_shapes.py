"""Shapes tell how answers differ, apart from their values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sandbox.recordings.shapes import differences, shape

if TYPE_CHECKING:
    from collections.abc import Sequence


def _said(recorded: Sequence[object], answered: object) -> list[str]:
    return list(differences(shape(recorded), shape([answered])))


def test_equal_shapes_have_no_difference() -> None:
    """Other values of the same types are no difference."""
    assert [] == _said([{"a": 1, "b": ["x"]}], {"a": 2, "b": ["y", "z"]})


def test_a_key_that_every_recording_has_is_missed() -> None:
    """A key of every recorded object is always recorded."""
    assert ["body.a: always recorded, missing"] == _said([{"a": 1, "b": 1}, {"a": 2}], {"b": 1})


def test_a_key_that_some_recordings_have_is_missed_more_softly() -> None:
    """A key of only some recorded objects is sometimes recorded."""
    assert ["body.b: sometimes recorded, missing"] == _said([{"a": 1, "b": 1}, {"a": 2}], {"a": 1})


def test_an_invented_key_is_found() -> None:
    """A key that no recording has is named."""
    assert ["body.c: never recorded"] == _said([{"a": 1}], {"a": 1, "c": {"d": 1}})


def test_only_the_topmost_missing_key_is_named() -> None:
    """What lies in a missing object is not listed besides."""
    assert ["body.a: always recorded, missing"] == _said([{"a": {"b": 1}}], {})


def test_the_elements_of_a_list_are_merged() -> None:
    """A key that one element has is known for all."""
    recorded = [{"value": [{"a": 1}, {"b": 1}]}]

    assert [] == _said(recorded, {"value": [{"a": 1, "b": 1}]})


def test_an_empty_list_says_nothing_about_its_elements() -> None:
    """Keys of elements cannot be missing where there is no element."""
    assert [] == _said([{"value": [{"a": 1}]}], {"value": []})


def test_another_type_is_found() -> None:
    """A number where a text was recorded is named."""
    assert ["body.a: integer, recorded text"] == _said([{"a": "one"}], {"a": 1})


def test_a_time_in_another_form_is_found() -> None:
    """`Z` is not `+00:00`."""
    recorded = [{"a": "2024-01-01T00:00:00.0000000+00:00"}]

    assert ["body.a: time Z, recorded time offset"] == _said(
        recorded, {"a": "2024-01-01T00:00:00Z"}
    )


def test_any_text_will_do_where_free_text_was_recorded() -> None:
    """A guid may stand where words were recorded."""
    assert [] == _said([{"a": "words"}], {"a": "7a1c5c5e-6f37-4c35-9a7e-0c55e3a0a001"})


def test_words_that_programs_compare_are_compared() -> None:
    """A state that was never recorded is a difference even among texts."""
    recorded = [{"status": "InProgress"}, {"status": "Succeeded"}]

    assert ["body.status: word Done, recorded word InProgress or word Succeeded"] == _said(
        recorded, {"status": "Done"}
    )


@pytest.mark.parametrize("name", ["tags", "propertyBag"])
def test_the_names_in_a_map_are_nobodys_business(name: str) -> None:
    """Keys that somebody chose are not compared."""
    assert [] == _said([{name: {"a": "1"}}], {name: {"b": "2"}})


def test_a_body_where_none_was_recorded_is_found() -> None:
    """An empty answer has a type too."""
    assert ["body: object, recorded null"] == _said([None], {"a": 1})
