"""Hold the compute gateway against recorded Azure traffic."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from azremedy.errors import AzureError
from azremedy.ids import EXTENSION, RESTORE_POINT_COLLECTION, ResourceId

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.gateways.conftest import Exchange, ReadRecordings, Scripted

FILES = ("vm_extensions", "vm_status_runcommand", "backup_vm", "restore_points", "resource_groups")
SUBSCRIPTION = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"
GROUP = ResourceId.of_group(SUBSCRIPTION, "group")
VM = GROUP.child("providers", "Microsoft.Compute", "virtualMachines", "vm")
COLLECTION = GROUP.child("providers", "Microsoft.Compute", "restorePointCollections", "c")


def answers(exchanges: Iterable[Exchange], pattern: str) -> list[Exchange]:
    """Pick the good answers to GETs of a path."""
    return [
        exchange
        for exchange in exchanges
        if exchange.method == "GET"
        and exchange.status == 200
        and isinstance(exchange.body, dict)
        and re.search(pattern + "$", exchange.path, re.IGNORECASE)
    ]


def ids(documents: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    """Take the ids out of the raw JSON."""
    return tuple(document["id"] for document in documents)


def in_utc(written: str | None) -> datetime | None:
    """Read a time of the raw JSON to the second."""
    return written and datetime.fromisoformat(written[:19]).replace(tzinfo=UTC)  # type: ignore[return-value]  # an empty text does not occur


def test_every_recorded_collection_list_gives_every_collection(
    scripted: Scripted, read_recordings: ReadRecordings
) -> None:
    """Lists keep ids with their case, regions and sources, and read no points."""
    lists = answers(read_recordings("restore_points"), "/restorePointCollections")

    for exchange in lists:
        raw = exchange.body["value"]
        found = scripted.play(
            exchange.reply(), scripted.reply(body={"value": []})
        ).compute.list_collections()
        assert ids(raw) == tuple(str(each.id) for each in found), exchange.name
        expected = tuple((entry["location"], entry["properties"]["source"]["id"]) for entry in raw)
        assert expected == tuple((each.location, each.source_id) for each in found)
        assert {None} >= {each.restore_points for each in found}
        of_group = scripted.play(exchange.reply(), scripted.reply(body={"value": []})).compute
        assert found == of_group.list_collections_of_group(GROUP)

    assert lists


def test_every_recorded_collection_is_read_with_its_points(
    scripted: Scripted, read_recordings: ReadRecordings
) -> None:
    """A collection's points keep ids, times and the source VM's unique id."""
    singles = answers(read_recordings("restore_points"), "/restorePointCollections/[^/]+")
    points = 0

    for exchange in singles:
        found = scripted.play(exchange.reply()).compute.get_collection(COLLECTION)
        raw = exchange.body["properties"].get("restorePoints") or []
        points += len(raw)
        assert exchange.body["id"] == str(found.id), exchange.name
        assert found.id.is_type(RESTORE_POINT_COLLECTION)
        assert exchange.body["properties"]["provisioningState"] == found.provisioning_state
        expected = [
            (
                point["id"],
                point["properties"].get("sourceMetadata", {}).get("vmId"),
                in_utc(point["properties"].get("timeCreated")),
            )
            for point in raw
        ]
        assert expected == [
            (
                str(point.id),
                point.source_vm_id,
                point.time_created and point.time_created.replace(microsecond=0),
            )
            for point in found.restore_points or ()
        ], exchange.name
        assert "expand=restorePoints" in scripted.transport.sent[0].url.replace("%24", "$")

    assert points


def test_every_recorded_vm_is_read_with_its_instance_view(
    scripted: Scripted, read_recordings: ReadRecordings
) -> None:
    """Power state, agent, extensions and unique id are those of the raw answer."""
    machines = [
        exchange
        for exchange in answers(read_recordings(*FILES), "/virtualMachines/[^/]+")
        if exchange.body.get("id")
    ]
    agents = extensions = 0

    for exchange in machines:
        found = scripted.play(exchange.reply()).compute.get_vm(VM)
        properties = exchange.body["properties"]
        view = properties.get("instanceView") or {}
        power = [
            status["code"].split("/")[1]
            for status in view.get("statuses") or []
            if status["code"].startswith("PowerState/")
        ]
        assert exchange.body["id"] == str(found.id)
        assert properties.get("vmId", "") == found.vm_id
        assert properties["provisioningState"] == found.provisioning_state
        assert properties["storageProfile"]["osDisk"].get("osType", "") == found.os_type
        assert (power or [""])[-1] == found.power_state, exchange.name
        agent = view.get("vmAgent")
        assert (agent is None) == (found.vm_agent is None), exchange.name
        if agent and found.vm_agent:
            agents += 1
            assert agent["vmAgentVersion"] == found.vm_agent.version
            status = agent["statuses"][-1]
            assert (status["displayStatus"] == "Ready") == found.vm_agent.ready, exchange.name
            assert status["message"] == found.vm_agent.message
            assert status["code"] == found.vm_agent.status_code
        seen = view.get("extensions") or []
        handlers = (agent or {}).get("extensionHandlers") or []
        extensions += len(seen)
        expected = [each.get("type", "") for each in (*seen, *handlers)]
        assert expected == [
            ".".join(filter(None, (each.publisher, each.handler_type))) for each in found.extensions
        ], exchange.name

    assert len(machines) >= 100
    assert agents >= 50
    assert extensions >= 20


def test_every_recorded_extension_list_gives_every_extension(
    scripted: Scripted, read_recordings: ReadRecordings
) -> None:
    """ARM's list keeps name, publisher, handler type, state and id."""
    lists = answers(read_recordings(*FILES), "/virtualMachines/[^/]+/extensions")

    for exchange in lists:
        found = scripted.play(exchange.reply()).compute.list_extensions(VM)
        expected = [
            (
                entry["name"],
                entry["properties"]["publisher"],
                entry["properties"]["type"],
                entry["properties"]["provisioningState"],
                entry["id"],
            )
            for entry in exchange.body["value"]
        ]
        assert expected == [
            (each.name, each.publisher, each.handler_type, each.state, str(each.id))
            for each in found
        ], exchange.name

    assert lists


def test_every_recorded_extension_is_read(
    scripted: Scripted, read_recordings: ReadRecordings
) -> None:
    """One extension's answer gives its handler, not its ARM type."""
    singles = [
        exchange
        for exchange in answers(
            read_recordings("vm_extensions"), "/virtualMachines/[^/]+/extensions/[^/]+"
        )
        if "properties" in exchange.body
    ]

    for exchange in singles:
        extension = VM.child("extensions", "any")
        found = scripted.play(exchange.reply()).compute.get_extension(extension)
        assert exchange.body["properties"]["type"] == found.handler_type, exchange.name
        assert found.id is not None
        assert found.id.is_type(EXTENSION)

    assert singles


def test_every_recorded_failure_of_an_operation_keeps_its_code(
    scripted: Scripted, read_recordings: ReadRecordings
) -> None:
    """An accepted operation whose poll says Failed is an error with status 200 and that code."""
    polls = [
        exchange
        for exchange in read_recordings(*FILES)
        if exchange.kind == "computeop"
        and isinstance(exchange.body, dict)
        and str(exchange.body.get("status")).lower() == "failed"
        and "error" in exchange.body
    ]

    for exchange in polls:
        accepted = scripted.reply(
            status=202, headers={"Azure-AsyncOperation": "https://arm.test/o?s=1"}
        )
        compute = scripted.play(accepted, exchange.reply()).compute
        operation = compute.delete_extension(VM.child("extensions", "e"))
        with pytest.raises(AzureError) as caught:
            operation.wait()
        assert caught.value.answer is not None
        assert exchange.body["error"]["code"] == caught.value.answer.code, exchange.name
        assert caught.value.answer.status == 200
        assert operation.finished()

    assert polls


def test_every_recorded_deletion_of_a_collection_is_followed_to_its_end(
    scripted: Scripted, read_recordings: ReadRecordings
) -> None:
    """The recorded answers to DELETE and to its polls lead to Succeeded, verbatim URL included."""
    exchanges = read_recordings("restore_points")
    deletions = [
        exchange
        for exchange in exchanges
        if exchange.method == "DELETE"
        and exchange.status == 202
        and re.search(r"/restorePointCollections/[^/]+$", exchange.path, re.IGNORECASE)
    ]

    for deletion in deletions:
        headers = {name.lower(): value for name, value in deletion.headers.items()}
        url = headers["azure-asyncoperation"]
        polls = [
            poll.reply()
            for poll in exchanges
            if poll.cassette == deletion.cassette and poll.url == url
        ]
        compute = scripted.play(deletion.reply(), *polls).compute
        assert compute.delete_collection(COLLECTION).wait() == "Succeeded", deletion.name
        assert {url} == {sent.url for sent in scripted.transport.sent[1:]}

    assert deletions
