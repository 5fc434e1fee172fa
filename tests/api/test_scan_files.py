"""Scans that are kept, and the VMs that are chosen from them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from azremedy.api.scan import (
    check_origin,
    choose_vms,
    find_failed,
    load_scan,
    parse_scan,
    save_scan,
    scan,
)
from azremedy.domain.estate import Risk, Scan
from azremedy.errors import RefusedError, UsageError
from azremedy.sandbox.scenario import Match
from azremedy.wire import from_json, json_schema, to_json
from tests.support.scans import (
    EXPECTED,
    stage_of,
)
from tests.support.stages import (
    Stage,
    answered,
    built_in,
    with_faults,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """Give the world of 32 VMs in three subscriptions."""
    return stage_of(tmp_path)


def test_a_scan_is_kept_and_read_again(stage: Stage, tmp_path: Path) -> None:
    """What was written is what is read, to the last word, and only its owner can."""
    found, path = scan(stage.azure), tmp_path / "scan.json"

    save_scan(found, path)

    assert found == load_scan(path)
    assert found == from_json(Scan, to_json(found))
    assert 0o600 == path.stat().st_mode & 0o777
    with pytest.raises(UsageError, match="cannot be kept"):
        save_scan(found, path)


def test_its_form_is_named_in_the_document_and_has_a_schema(stage: Stage) -> None:
    """Camel case, and a version to tell later forms by."""
    document = json.loads(to_json(scan(stage.azure)))
    schema = json_schema(Scan)

    assert "azremedy.scan/1" == document["schema"]
    assert isinstance(schema, dict)
    assert set(document) == set(schema["properties"])  # type: ignore[arg-type] # JSON
    assert "lockedGroups" in document


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"schema": "azremedy.plan/1"}',
        '{"schema": "azremedy.scan/2"}',
        '{"schema": "azremedy.scan/1"}',
    ],
)
def test_what_is_no_scan_is_refused(text: str, tmp_path: Path) -> None:
    """The message names the file, and never is it taken for an empty scan."""
    path = tmp_path / "other.json"
    path.write_text(text)

    with pytest.raises(UsageError, match=r"other\.json holds no scan"):
        load_scan(path)
    with pytest.raises(UsageError, match="here holds no scan"):
        parse_scan(text, "here")


def test_a_file_that_is_not_there_is_told_so(tmp_path: Path) -> None:
    """As is one that is no text."""
    path = tmp_path / "scan.json"
    with pytest.raises(UsageError, match="cannot be read"):
        load_scan(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="cannot be read"):
        load_scan(path)


def test_the_vms_of_a_scan_are_those_that_fail_or_have_a_cause(stage: Stage) -> None:
    """In its order; causes are compared without case, and an unknown one is refused."""
    found = scan(stage.azure)

    chosen = [each.name for each in choose_vms(found)]
    assert {name for name, each in EXPECTED.items() if Risk.FAILING in each[0]} == set(chosen)
    assert ["app-04", "db-03", "db-05"] == [
        each.name for each in choose_vms(found, ("Point-Group-Locked",))
    ]
    with pytest.raises(UsageError, match="no cause 'typo'"):
        choose_vms(found, ("typo",))


def test_a_scan_of_another_place_is_refused(stage: Stage) -> None:
    """The same ids may be other machines."""
    origin = scan(stage.azure).origin

    check_origin(stage.azure, origin)
    for other in (
        replace(origin, sandbox="healthy"),
        replace(origin, sandbox="", tenant_id="other"),
        replace(origin, cloud="https://management.chinacloudapi.cn"),
    ):
        with pytest.raises(RefusedError, match="The scan was made in"):
            check_origin(stage.azure, other)


def test_all_that_fail_are_those_of_the_connections_subscription(stage: Stage) -> None:
    """With a cause, those that have it."""
    assert {"db-01", "db-02", "db-04", "db-06"} == {each.name for each in find_failed(stage.azure)}
    assert {"db-03", "db-05"} == {
        each.name for each in find_failed(stage.azure, ("point-group-locked",))
    }


def test_all_cannot_be_said_where_something_could_not_be_read(tmp_path: Path) -> None:
    """Better no target than the wrong idea that these were all."""
    denied = answered(Match(method="GET", path="*/locks"), 403, code="AuthorizationFailed")
    stage = stage_of(tmp_path, with_faults(built_in("estate"), denied))

    with pytest.raises(RefusedError, match="Not all failing VMs can be found"):
        find_failed(stage.azure)
