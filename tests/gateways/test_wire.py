"""Read odd but possible shapes of Azure's JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from azremedy.domain.resources import LockLevel
from azremedy.gateways import wire_json
from azremedy.gateways.locks import parse_lock, resource_place
from azremedy.gateways.wire_backup import (
    parse_item,
    parse_job,
    parse_operation_status,
    parse_protection,
    parse_recovery_point,
)
from azremedy.gateways.wire_compute import parse_collection, parse_vm
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.gateways.conftest import Scripted

SUBSCRIPTION = "/subscriptions/5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"
GROUP = f"{SUBSCRIPTION}/resourceGroups/group"
VM = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm"
VAULT = f"{GROUP}/providers/Microsoft.RecoveryServices/vaults/v"
ITEM = f"{VAULT}/backupFabrics/Azure/protectionContainers/c/protectedItems/i"
LOCK = f"{GROUP}/providers/Microsoft.Authorization/locks/l"


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (wire_json.text, []),
        (wire_json.section, "text"),
        (wire_json.sections, {"a": 1}),
        (wire_json.sections, ["text"]),
        (wire_json.texts, "text"),
        (wire_json.texts, [1]),
        (wire_json.number, "1"),
        (wire_json.number, True),
        (wire_json.moment, "yesterday"),
    ],
)
def test_a_value_of_another_type_is_an_error(read: Callable[..., Any], value: Any) -> None:
    """A guess could become a false finding."""
    with pytest.raises(wire_json.AnswerFormatError, match="key"):
        read({"key": value}, "key")


@pytest.mark.parametrize(
    ("read", "nothing"),
    [
        (wire_json.text, ""),
        (wire_json.section, {}),
        (wire_json.sections, ()),
        (wire_json.texts, ()),
        (wire_json.number, None),
        (wire_json.moment, None),
    ],
)
def test_missing_and_null_are_the_same(read: Callable[..., Any], nothing: Any) -> None:
    """Azure writes either."""
    assert nothing == read({}, "key")
    assert nothing == read({"key": None}, "key")


@pytest.mark.parametrize(
    ("written", "time"),
    [
        ("2026-11-18T22:01:00.1141688Z", datetime(2026, 11, 18, 22, 1, 0, 114168, tzinfo=UTC)),
        ("2026-11-18T23:01:00+01:00", datetime(2026, 11, 18, 22, 1, tzinfo=UTC)),
        ("2026-11-18T22:01:00", datetime(2026, 11, 18, 22, 1, tzinfo=UTC)),
        ("0001-01-01T00:00:00", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("2001-01-01T00:00:00Z", None),
    ],
)
def test_times_are_utc_and_never_is_none(written: str, time: datetime | None) -> None:
    """Seven digits, offsets and missing zones are all Azure's."""
    assert time == wire_json.moment({"key": written}, "key")


@pytest.mark.parametrize("level", ["CanNotDelete", "cannotdelete"])
def test_a_locks_level_is_read_without_case(level: str) -> None:
    """The level is what Azure means."""
    assert (
        LockLevel.CAN_NOT_DELETE == parse_lock({"id": LOCK, "properties": {"level": level}}).level
    )


def test_an_unknown_lock_level_is_an_error() -> None:
    """Such a lock could not be put back, so it must not be taken off."""
    with pytest.raises(wire_json.AnswerFormatError, match="NoMovement"):
        parse_lock({"id": LOCK, "properties": {"level": "NoMovement"}})


def test_empty_notes_are_not_missing_notes() -> None:
    """The lock is put back with what it had."""
    assert "" == parse_lock({"id": LOCK, "properties": {"level": "ReadOnly", "notes": ""}}).notes
    assert None is parse_lock({"id": LOCK, "properties": {"level": "ReadOnly"}}).notes


@pytest.mark.parametrize(
    ("scope", "place"),
    [
        (VM, ("group", "Microsoft.Compute", "", "virtualMachines", "vm")),
        (
            f"{VM}/extensions/e",
            ("group", "Microsoft.Compute", "virtualMachines/vm", "extensions", "e"),
        ),
        (
            f"{VM}/providers/Microsoft.Insights/diagnosticSettings/d",
            (
                "group",
                "Microsoft.Compute",
                "virtualMachines/vm/providers/Microsoft.Insights",
                "diagnosticSettings",
                "d",
            ),
        ),
    ],
)
def test_a_resource_is_named_by_its_parts(scope: str, place: tuple[str, ...]) -> None:
    """Children and extension resources go into the parent path."""
    assert place == resource_place(ResourceId.parse(scope))


def test_a_lock_on_a_resource_outside_of_groups_is_addressed_by_scope(scripted: Scripted) -> None:
    """Recorded Azure traffic shows that ARM takes the encoded scope."""
    scope = f"{SUBSCRIPTION}/providers/Microsoft.Insights/diagnosticSettings/d"
    lock = f"{scope}/providers/Microsoft.Authorization/locks/l"
    body = {"id": lock, "properties": {"level": "ReadOnly"}}

    found = scripted.play(scripted.reply(body=body)).locks.get_lock(ResourceId.parse(lock))

    assert lock == str(found.id)
    assert lock == scripted.transport.sent[0].path


def test_a_vm_without_an_instance_view_claims_nothing() -> None:
    """No agent, no power state, no extensions."""
    vm = parse_vm({"id": VM, "location": "westeurope"})

    assert (None, "", ()) == (vm.vm_agent, vm.power_state, vm.extensions)


def test_an_agent_without_a_status_is_not_ready() -> None:
    """It was seen once, and that is all."""
    view = {"vmAgent": {"vmAgentVersion": "Unknown"}}

    agent = parse_vm({"id": VM, "properties": {"instanceView": view}}).vm_agent

    assert agent is not None
    assert not agent.ready
    assert "Unknown" == agent.version


def test_statuses_are_told_apart_by_their_prefix() -> None:
    """Their order and number vary."""
    codes = ["PowerState/deallocated", "ProvisioningState/succeeded", "VMDiskEncryption/notEnabled"]
    view = {"statuses": [{"code": code} for code in codes]}

    assert "deallocated" == parse_vm({"id": VM, "properties": {"instanceView": view}}).power_state


def test_points_that_were_not_asked_for_are_not_no_points() -> None:
    """Absent and empty differ."""
    collection = f"{GROUP}/providers/Microsoft.Compute/restorePointCollections/c"

    assert parse_collection({"id": collection}).restore_points is None
    empty = parse_collection({"id": collection, "properties": {"restorePoints": []}})
    assert () == empty.restore_points


def test_a_vm_without_protection_has_no_vault() -> None:
    """Azure names container and item all the same."""
    answer = {"protectionStatus": "NotProtected", "containerName": "c", "vaultId": None}

    protection = parse_protection(answer)

    assert protection.vault_id is None
    assert "c" == protection.container_name


def test_health_is_taken_from_the_indicators_where_it_stands_only_there() -> None:
    """And only once where it stands in both."""
    detail = {"code": 400239, "title": "Green", "recommendations": ["none"]}
    indicators = {"kpisHealths": {"k": {"resourceHealthDetails": [detail]}, "none": None}}

    only_there = parse_item({"id": ITEM, "properties": indicators})
    both = parse_item({"id": ITEM, "properties": {**indicators, "healthDetails": [detail]}})

    assert ["Green"] == [each.title for each in only_there.health_details]
    assert only_there.health_details == both.health_details


def test_an_item_whose_protection_is_stopped_has_no_policy() -> None:
    """Neither an empty nor a missing id is a policy."""
    stopped = {"policyId": "", "isScheduledForDeferredDelete": True}

    item = parse_item({"id": ITEM, "properties": stopped})

    assert item.policy_id is None
    assert item.is_scheduled_for_deferred_delete


def test_a_recovery_point_must_have_a_time() -> None:
    """Without it nothing can be decided about it."""
    with pytest.raises(wire_json.AnswerFormatError, match="recoveryPointTime"):
        parse_recovery_point({"id": f"{ITEM}/recoveryPoints/p", "properties": {}})


def test_a_jobs_errors_are_read_in_either_spelling() -> None:
    """Answers of 2015 capitalise the keys."""
    details = [{"ErrorCode": 1, "ErrorString": "a"}, {"errorCode": 2, "errorTitle": "T"}]

    job = parse_job({"id": f"{VAULT}/backupJobs/j", "properties": {"errorDetails": details}})

    assert [(1, "", "a"), (2, "T", "")] == [(e.code, e.title, e.message) for e in job.errors]


def test_a_failed_operation_is_a_value() -> None:
    """Its error's code arrives; the job may be missing."""
    failed = {"status": "Failed", "error": {"code": "UserErrorX", "message": "m"}}

    status = parse_operation_status(failed)

    assert status.job_id is None
    assert status.error is not None
    assert ("UserErrorX", "m") == (status.error.code, status.error.message)


def test_an_accepted_backup_may_name_no_operation(scripted: Scripted) -> None:
    """It was sent once, and whoever follows it has to look for its job."""
    backup = scripted.play(scripted.reply(status=202)).backup

    receipt = backup.trigger_backup(ResourceId.parse(ITEM))

    assert receipt.operation_id is None
    assert 1 == len(scripted.transport.sent)


def test_an_expiry_is_sent_in_utc(scripted: Scripted) -> None:
    """The body is the one that the portal and the CLI send."""
    headers = {"Location": "https://management.azure.com/x/operationResults/op?api-version=1"}
    backup = scripted.play(scripted.reply(status=202, headers=headers)).backup
    expiry = datetime.fromisoformat("2026-12-01T00:30:00+01:00")

    receipt = backup.trigger_backup(ResourceId.parse(ITEM), expiry)

    assert "op" == receipt.operation_id
    assert {
        "properties": {
            "objectType": "IaasVMBackupRequest",
            "recoveryPointExpiryTimeInUTC": "2026-11-30T23:30:00.000Z",
        }
    } == scripted.transport.sent[0].body


def test_the_sdks_unfitting_answers_are_read_all_the_same(scripted: Scripted) -> None:
    """The SDK gives the bare JSON where its model does not fit; the facts are in it."""
    machine = {"id": VM, "location": "westeurope", "resources": {"value": []}, "properties": {}}

    vm = scripted.play(scripted.reply(body=machine)).compute.get_vm(ResourceId.parse(VM))

    assert "westeurope" == vm.location
