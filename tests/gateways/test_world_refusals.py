"""See what a session does when Azure refuses, or when it may only read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from azremedy import errors
from azremedy.domain.resources import LockLevel, ManagementLock
from azremedy.gateways.clients import SessionOptions
from azremedy.gateways.session import Gateways
from azremedy.ids import ResourceId
from azremedy.sandbox.scenario_model import Fault, FaultAnswer, Grant, Match

if TYPE_CHECKING:
    from tests.gateways.conftest import EnterWorld

SUBSCRIPTION = "/subscriptions/5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"
GROUP = ResourceId.parse(f"{SUBSCRIPTION}/resourceGroups/AzureBackupRG_westeurope_1")
COLLECTION = GROUP.child("providers", "Microsoft.Compute", "restorePointCollections", "c")
LOCK = ManagementLock(
    id=GROUP.child("providers", "Microsoft.Authorization", "locks", "l"),
    level=LockLevel.READ_ONLY,
)
VM = ResourceId.parse(
    f"{SUBSCRIPTION}/resourceGroups/rg-shop-prod/providers/Microsoft.Compute/virtualMachines/web-1"
)
VAULT = ResourceId.parse(
    f"{SUBSCRIPTION}/resourceGroups/rg-backup/providers/Microsoft.RecoveryServices"
    "/vaults/vault-shop"
)
ITEM = VAULT.child("backupFabrics", "Azure", "protectionContainers", "c", "protectedItems", "i")

Write = Callable[[Gateways], Any]
WRITES: dict[str, Write] = {
    "delete_lock": lambda azure: azure.locks.delete_lock(LOCK.id),
    "create_lock": lambda azure: azure.locks.create_lock(LOCK),
    "delete_collection": lambda azure: azure.compute.delete_collection(COLLECTION),
    "delete_extension": lambda azure: azure.compute.delete_extension(VM.child("extensions", "e")),
    "trigger_backup": lambda azure: azure.backup.trigger_backup(ITEM),
}
_READS = ("get_", "list_", "find_", "resume_")


def methods(azure: Gateways) -> set[str]:
    """Name every public method of every gateway."""
    gateways = (azure.groups, azure.locks, azure.compute, azure.backup)
    return {name for gateway in gateways for name in dir(type(gateway)) if not name.startswith("_")}


@pytest.mark.parametrize("name", WRITES)
def test_a_session_that_only_reads_sends_no_write(enter_world: EnterWorld, name: str) -> None:
    """Every writing method is refused by the pipeline, and nothing leaves it."""
    entered = enter_world("healthy", SessionOptions(read_only=True))

    with pytest.raises(errors.ReadOnlyError):
        WRITES[name](entered.azure)

    assert [] == entered.transport.sent


def test_no_writing_method_is_missing_here(enter_world: EnterWorld) -> None:
    """Every method that is not named as a read stands in the list of writes above."""
    azure = enter_world("healthy").azure

    assert set(WRITES) == {name for name in methods(azure) if not name.startswith(_READS)}


def test_a_session_that_only_reads_reads_everything(enter_world: EnterWorld) -> None:
    """All reads pass, the one that is a POST among them."""
    azure = enter_world("restore-point-limit", SessionOptions(read_only=True)).azure

    assert azure.groups.list_groups()
    assert azure.locks.list_locks()
    assert VM == azure.compute.get_vm(VM).id
    assert VAULT == azure.backup.get_protection(VM, "westeurope").vault_id


def test_a_generic_call_of_the_sdk_does_not_get_past(enter_world: EnterWorld) -> None:
    """The policy stands in the pipeline, not in the gateways."""
    from azure.core.rest import HttpRequest  # noqa: PLC0415 - only this test speaks raw HTTP

    entered = enter_world("healthy", SessionOptions(read_only=True))
    client = entered.session.connect(_resources, GROUP.subscription_id)()

    with pytest.raises(errors.ReadOnlyError):
        client.send_request(HttpRequest("DELETE", f"{GROUP}?api-version=2025-04-01"))
    with pytest.raises(errors.ReadOnlyError):
        client.resources.begin_delete_by_id(str(LOCK.id), api_version="2020-05-01")

    assert [] == entered.transport.sent


def _resources(link: Any, subscription_id: str) -> Any:
    from azremedy.gateways.clients import resource_client  # noqa: PLC0415 - as above

    return resource_client(link, subscription_id)


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("delete_lock", "Microsoft.Authorization/locks/delete"),
        ("create_lock", "Microsoft.Authorization/locks/write"),
        ("delete_collection", "Microsoft.Compute/restorePointCollections/delete"),
        ("delete_extension", "Microsoft.Compute/virtualMachines/extensions/delete"),
        (
            "trigger_backup",
            (
                "Microsoft.RecoveryServices/Vaults/backupFabrics/protectionContainers"
                "/protectedItems/backup/action"
            ),
        ),
    ],
)
def test_a_missing_permission_names_action_and_scope(
    enter_world: EnterWorld, name: str, action: str
) -> None:
    """A reader is told what to ask for, and where; Azure itself names the same action."""
    reader = Grant(scope="/", actions=("*/read",))

    with pytest.raises(errors.PermissionDeniedError) as caught:
        WRITES[name](enter_world("healthy", caller=(reader,)).azure)

    assert action == caught.value.action
    assert caught.value.scope
    assert action in caught.value.advice
    assert caught.value.answer is not None
    assert action.lower() in caught.value.answer.message.lower()


def test_an_unknown_subscription_is_a_target_that_is_not_found(enter_world: EnterWorld) -> None:
    """The message names the subscription."""
    unknown = ResourceId.of_group("99999999-9999-9999-9999-999999999999", "any")
    session = enter_world("healthy").session

    with pytest.raises(errors.TargetNotFoundError, match=unknown.subscription_id):
        session.subscription(unknown.subscription_id).groups.get_group(unknown)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (FaultAnswer(status=401), errors.SignInError),
        (FaultAnswer(status=403), errors.PermissionDeniedError),
        (FaultAnswer(status=404), errors.NotFoundError),
        (FaultAnswer(status=409), errors.ConflictError),
        (FaultAnswer(status=412), errors.ConflictError),
        (FaultAnswer(status=429, headers={"Retry-After": "7"}), errors.ThrottledError),
        (FaultAnswer(status=500), errors.ServiceUnavailableError),
        (FaultAnswer(status=502, body="<html>Bad gateway</html>"), errors.ServiceUnavailableError),
        (FaultAnswer(status=400), errors.AzureError),
    ],
)
def test_each_status_has_its_error(
    enter_world: EnterWorld, answer: FaultAnswer, error: type[errors.AzremedyError]
) -> None:
    """Whatever the body, the class fits the status and the facts are kept."""
    fault = Fault(match=Match(method="GET", path="*/resourcegroups/*"), answer=answer, times=99)
    entered = enter_world("healthy", SessionOptions(retry_total=1), faults=(fault,))

    with pytest.raises(error) as caught:
        entered.azure.groups.get_group(GROUP)

    assert type(caught.value) is error
    assert caught.value.answer is not None
    assert answer.status == caught.value.answer.status
    if answer.headers:
        assert timedelta(seconds=7) == caught.value.answer.retry_after


@pytest.mark.parametrize("lost", ["request", "response"])
def test_a_lost_answer_is_a_failed_connection(enter_world: EnterWorld, lost: Any) -> None:
    """After the retries are used up the caller learns that nothing arrived."""
    fault = Fault(match=Match(method="GET"), lose=lost, times=99)
    entered = enter_world("healthy", faults=(fault,))

    with pytest.raises(errors.ConnectionFailedError):
        entered.azure.groups.list_groups()


def test_a_short_outage_goes_unnoticed(enter_world: EnterWorld) -> None:
    """The SDK repeats reads and waits as long as Azure asks, in the world's time."""
    faults = (
        Fault(
            match=Match(method="GET"), answer=FaultAnswer(status=429, headers={"Retry-After": "20"})
        ),
        Fault(match=Match(method="GET"), answer=FaultAnswer(status=503)),
        Fault(match=Match(method="GET"), lose="response"),
    )
    entered = enter_world("healthy", faults=faults)
    start = entered.session.clock.now()

    assert entered.azure.groups.list_groups()
    assert entered.session.clock.now() - start >= timedelta(seconds=20)


def test_nobody_waits_an_hour_for_a_quota(enter_world: EnterWorld) -> None:
    """A wait beyond the limit is an error at once, and says how long it would have been."""
    fault = Fault(
        match=Match(method="GET", path="*/backupJobs"),
        answer=FaultAnswer(status=429, headers={"Retry-After": "3600"}),
    )
    entered = enter_world("restore-point-limit", faults=(fault,))
    start = entered.session.clock.now()

    with pytest.raises(errors.ThrottledError) as caught:
        entered.azure.backup.list_jobs(VAULT)

    assert caught.value.answer is not None
    assert timedelta(hours=1) == caught.value.answer.retry_after
    assert timedelta(minutes=1) > entered.session.clock.now() - start
