"""Forms tell how texts, URLs and messages look, apart from the names in them."""

from __future__ import annotations

import pytest

from tests.sandbox.recordings.accepted import Accepted
from tests.sandbox.recordings.forms import header_form, message_form, path_form, text_form, url_form

_GUID = "7a1c5c5e-6f37-4c35-9a7e-0c55e3a0a001"


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("", "empty"),
        (_GUID, "guid"),
        ("2024-01-01T10:00:00.1234567Z", "time Z"),
        ("2024-01-01T10:00:00+00:00", "time offset"),
        ("0001-01-01T00:00:00", "time without zone"),
        ("PT1H11M13.0108008S", "duration"),
        (f'W/"{_GUID}"', "etag"),
        ("991698409459952", "digits"),
        (f"/subscriptions/{_GUID}/resourceGroups/rg", "id"),
        ("https://management.azure.com/", "url"),
        ("PowerShell", "text"),
    ],
)
def test_a_text_has_a_form(text: str, form: str) -> None:
    """The form is the same for all values of a kind."""
    assert form == text_form(text)


def test_a_path_keeps_its_types_and_loses_its_names() -> None:
    """Names become stars; namespaces, types and actions stay."""
    path = "/subscriptions/1/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/a/start"

    assert (
        "/subscriptions/*/resourcegroups/*/providers/microsoft.compute/virtualmachines/*/start"
        == path_form(path)
    )


def test_the_path_of_an_inner_provider_is_read_too() -> None:
    """A lock of a machine has two providers in its path."""
    path = "/subscriptions/1/providers/Microsoft.X/kinds/a/providers/Microsoft.Authorization/locks"

    assert (
        "/subscriptions/*/providers/microsoft.x/kinds/*/providers/microsoft.authorization/locks"
        == path_form(path)
    )


def test_a_url_keeps_the_names_of_its_parameters_but_not_its_signature() -> None:
    """The four parameters that sign operation URLs are opaque."""
    url = (
        f"https://host/subscriptions/1/operationresults/abc?api-version=2&p={_GUID}&t=1&c=x&s=y&h=z"
    )

    assert "/subscriptions/*/operationresults/*?api-version&p" == url_form(url)


@pytest.mark.parametrize(
    ("name", "value", "form"),
    [
        ("date", "Tue, 11 Jun 2024 08:14:48 GMT", "http date"),
        ("x-ms-request-id", _GUID, "guid"),
        ("x-ms-routing-request-id", f"WESTINDIA:20230418T190223Z:{_GUID}", "place:time:guid"),
        ("retry-after", "15", "digits"),
        ("cache-control", "no-cache", "no-cache"),
        ("location", "https://host/subscriptions/1?api-version=2", "/subscriptions/*?api-version"),
    ],
)
def test_a_header_has_a_form(name: str, value: str, form: str) -> None:
    """Fixed values are their own form."""
    assert form == header_form(name, value)


def test_a_message_keeps_its_words() -> None:
    """Quoted names, ids and numbers are left out."""
    message = f"The lock 'keep' of {_GUID} waits 12 seconds."

    assert "The lock '*' of * waits * seconds." == message_form(message)


def test_an_accepted_difference_may_hold_stars() -> None:
    """A star stands for any text, brackets for themselves."""
    row = Accepted(step="lock *", difference="body.value[].*: never recorded", reason="none")

    assert row.covers("lock list", "body.value[].a: never recorded")
    assert not row.covers("group list", "body.value[].a: never recorded")
    assert not row.covers("lock list", "body.valueX.a: never recorded")
