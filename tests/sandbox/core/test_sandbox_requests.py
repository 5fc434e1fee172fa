"""What a request says about itself."""

from __future__ import annotations

import pytest

from azremedy.sandbox.http import Answer, ArmError, Request


def asked(url: str, body: bytes = b"") -> Request:
    """Make a GET."""
    return Request(method="GET", url=url, body=body)


def test_doubled_slashes_are_folded() -> None:
    """An id with an empty parent path is the id without it."""
    request = asked("https://h/subscriptions/s//providers/Microsoft.Compute//disks/d/?x=1")

    assert request.path == "/subscriptions/s/providers/Microsoft.Compute/disks/d"


def test_encoded_scopes_are_decoded() -> None:
    """A scope whose slashes are percent-encoded is read as a path."""
    request = asked("https://h/%2Fsubscriptions%2Fs/providers/Microsoft.Authorization/locks/l%3B1")

    assert request.segments[:2] == ("subscriptions", "s")
    assert request.segments[-1] == "l;1"


def test_query_names_ignore_case() -> None:
    """Clients spell `$skipToken` in several ways."""
    request = asked("https://h/a?Api-Version=2020-01-01&%24skipToken=abc&empty=")

    assert request.query == {"api-version": "2020-01-01", "$skiptoken": "abc", "empty": ""}


def test_a_body_that_is_no_json_is_refused() -> None:
    """ARM answers 400 to a body that it cannot read."""
    with pytest.raises(ArmError) as caught:
        asked("https://h/a", b"{").json()

    assert (caught.value.status, caught.value.code) == (400, "InvalidRequestContent")


def test_an_empty_body_is_nothing() -> None:
    """A request without a body has no content to read."""
    assert asked("https://h/a").json() is None


def test_an_error_is_answered_in_an_envelope() -> None:
    """Code, message and details stand under `error`."""
    error = ArmError(409, "Conflict", "No.", details=({"code": "Why"},), headers={"A": "b"})

    answer = error.answer()

    assert answer.body == {
        "error": {"code": "Conflict", "message": "No.", "details": [{"code": "Why"}]}
    }
    assert (answer.status, answer.headers) == (409, {"A": "b"})


def test_text_bodies_travel_as_they_are() -> None:
    """A text is no JSON: gateways in front of ARM answer HTML."""
    answer = Answer(status=502, body="<html>")

    assert (answer.payload(), answer.content_type) == (b"<html>", "text/html")
