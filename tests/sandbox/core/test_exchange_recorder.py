"""What is written down about exchanges."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from azremedy.sandbox import recorder
from azremedy.sandbox.app import App
from azremedy.sandbox.http import Request

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sandbox.conftest import OpenWorld

URL = "https://management.azure.com/subscriptions?api-version=2022-12-01"
pytestmark = pytest.mark.usefixtures("unrecorded")  # much of this no client would send


def test_a_line_tells_the_whole_exchange_without_credentials(
    open_world: OpenWorld, small: dict[str, Any]
) -> None:
    """Method, URL, bodies, headers and status, but never a token."""
    opened = open_world(small)
    headers = {"authorization": "Bearer canary", "cookie": "canary", "accept": "application/json"}

    answer = opened.app.handle(Request(method="GET", url=URL, headers=headers))

    text = opened.exchanges.read_text()
    line = json.loads(text)
    assert "canary" not in text
    assert line == {
        "source": "azremedy sandbox",
        "cassette": "small",
        "seq": 0,
        "method": "GET",
        "url": URL,
        "request_headers": {"accept": "application/json"},
        "request_body": None,
        "status": 200,
        "response_headers": dict(answer.headers),
        "response_body": answer.body,
        "kind": "Microsoft.Resources/subscriptions",
    }


def test_bodies_are_json_or_text(open_world: OpenWorld, small: dict[str, Any]) -> None:
    """What a client sent is kept even when it is no JSON; lines follow one another."""
    opened = open_world(small)
    for body in (b'{"a": 1}', b"plain"):
        opened.app.handle(Request(method="POST", url=URL, body=body))

    lines = [json.loads(line) for line in opened.exchanges.read_text().splitlines()]

    assert [line["request_body"] for line in lines] == [{"a": 1}, "plain"]
    assert [line["seq"] for line in lines] == [0, 1]


def test_the_environment_can_name_the_file(tmp_path: Path) -> None:
    """Without the variable nothing is written."""
    file = tmp_path / "a.jsonl"

    assert recorder.from_environment({}, cassette="c") is None
    assert recorder.from_environment({recorder.ENVIRONMENT: str(file)}, cassette="c") is not None


def test_without_a_file_nothing_is_written(
    open_world: OpenWorld, small: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An app that is told nothing, by argument or environment, answers and keeps quiet."""
    monkeypatch.delenv(recorder.ENVIRONMENT, raising=False)
    opened = open_world(small)

    answer = App(opened.world).handle(Request(method="GET", url=URL))

    assert answer.status == 401
    assert not opened.exchanges.exists()
