"""Hold the lock gateway against recorded Azure traffic."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from azremedy.errors import NotFoundError
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from azremedy.domain.resources import ManagementLock
    from tests.gateways.conftest import ReadRecordings, Scripted

GROUP = ResourceId.of_group("5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001", "group")
LOCK = GROUP.child("providers", "Microsoft.Authorization", "locks", "lock")

Facts = tuple[str, str, str | None, tuple[str, ...]]


def in_raw(document: dict[str, Any]) -> Facts:
    """Take the facts out of the raw JSON, by hand."""
    properties = document["properties"]
    owners = tuple(owner["applicationId"] for owner in properties.get("owners") or ())
    key = re.sub("/+", "/", document["id"]).rstrip("/").lower()
    return key, properties["level"], properties.get("notes"), owners


def in_lock(lock: ManagementLock) -> Facts:
    """Take the same facts out of our value."""
    return lock.id.key, lock.level.value, lock.notes, lock.owners


def test_every_recorded_list_gives_every_lock_with_its_whole_body(
    scripted: Scripted, read_recordings: ReadRecordings
) -> None:
    """Lists of all levels keep count, order, ids, levels, notes and owners."""
    lists = [
        exchange
        for exchange in read_recordings("locks", "backup_afs_locks")
        if exchange.method == "GET" and exchange.kind == "lock" and "value" in exchange.body
    ]

    for exchange in lists:
        found = scripted.play(exchange.reply()).locks.list_locks()
        expected = tuple(map(in_raw, exchange.body["value"]))
        assert expected == tuple(map(in_lock, found)), exchange.name

    of_group = scripted.play(lists[0].reply()).locks.list_locks_of_group(GROUP)
    assert tuple(map(in_raw, lists[0].body["value"])) == tuple(map(in_lock, of_group))

    assert len(lists) >= 100


def test_every_recorded_lock_is_read_whole(
    scripted: Scripted, read_recordings: ReadRecordings
) -> None:
    """Answers to GET and PUT of one lock give the lock."""
    singles = [
        exchange
        for exchange in read_recordings("locks")
        if exchange.kind == "lock" and exchange.status < 300 and (exchange.body or {}).get("id")
    ]

    for exchange in singles:
        reply = replace(exchange.reply(), status=200)
        asked = ResourceId.parse(exchange.path)
        found = scripted.play(reply, where=asked).locks.get_lock(asked)
        assert in_raw(exchange.body) == in_lock(found), exchange.name
        assert asked == ResourceId.parse(scripted.transport.sent[0].path), exchange.name

    assert len(singles) >= 100


def test_a_lock_is_put_back_with_the_body_that_azure_accepted(
    scripted: Scripted, read_recordings: ReadRecordings
) -> None:
    """What is sent to create a lock is what was read of it, and both success codes will do."""
    answers = [
        exchange
        for exchange in read_recordings("locks")
        if exchange.kind == "lock" and exchange.method == "PUT" and exchange.status < 300
    ]

    for exchange in answers:
        reply = replace(exchange.reply(), status=200)
        asked = ResourceId.parse(exchange.path)
        lock = scripted.play(reply, where=asked).locks.get_lock(asked)
        scripted.play(exchange.reply(), where=lock.id).locks.create_lock(lock)
        properties = {
            key: exchange.body["properties"][key]
            for key in ("level", "notes", "owners")
            if exchange.body["properties"].get(key)
        }
        assert {"properties": properties} == scripted.transport.sent[0].body, exchange.name

    assert {200, 201} == {exchange.status for exchange in answers}


def test_recorded_deletions_tell_whether_there_was_a_lock(
    scripted: Scripted, read_recordings: ReadRecordings
) -> None:
    """200 is a removed lock, 204 is one that was not there."""
    deletions = [
        exchange
        for exchange in read_recordings("locks")
        if exchange.kind == "lock" and exchange.method == "DELETE" and exchange.status < 300
    ]

    for exchange in deletions:
        receipt = scripted.play(exchange.reply()).locks.delete_lock(LOCK)
        assert (exchange.status == 204) == receipt.already_gone, exchange.name

    assert len(deletions) >= 50


def test_a_missing_lock_is_not_found(scripted: Scripted, read_recordings: ReadRecordings) -> None:
    """LockNotFound is a NotFoundError with Azure's code."""
    missing = [
        exchange
        for exchange in read_recordings("locks")
        if exchange.kind == "lock" and exchange.method == "GET" and exchange.status == 404
    ]

    for exchange in missing:
        with pytest.raises(NotFoundError) as caught:
            scripted.play(exchange.reply()).locks.get_lock(LOCK)
        assert caught.value.answer is not None
        assert exchange.body["error"]["code"] == caught.value.answer.code
