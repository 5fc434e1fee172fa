"""See the compute gateway and its long-running operations work on the sandbox."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from azremedy import errors
from azremedy.domain.naming import restore_point_time
from azremedy.gateways.clients import SessionOptions
from azremedy.ids import ResourceId
from azremedy.sandbox.scenario_model import Fault, FaultAnswer, Match, Timing

if TYPE_CHECKING:
    from tests.gateways.conftest import EnterWorld, InWorld

SUBSCRIPTION = "/subscriptions/5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"
GROUP = ResourceId.parse(f"{SUBSCRIPTION}/resourceGroups/AzureBackupRG_westeurope_1")
COLLECTION = ResourceId.parse(
    f"{GROUP}/providers/Microsoft.Compute/restorePointCollections/AzureBackup_web-1_991698409459952"
)
VM = ResourceId.parse(
    f"{SUBSCRIPTION}/resourceGroups/rg-shop-prod/providers/Microsoft.Compute/virtualMachines/web-1"
)
EXTENSION = VM.child("extensions", "VMSnapshotLinux")
SLOW = {"deleteRestorePointCollection": Timing(seconds=300, retry_after=60)}


def unlock(entered: InWorld) -> None:
    """Take the group's lock off."""
    for lock in entered.azure.locks.list_locks_of_group(GROUP):
        entered.azure.locks.delete_lock(lock.id)


def test_a_vm_is_read_with_agent_and_extensions(enter_world: EnterWorld) -> None:
    """State, agent and what the agent reports arrive together."""
    vm = enter_world("restore-point-limit").azure.compute.get_vm(VM)

    assert "running" == vm.power_state
    assert vm.vm_agent is not None
    assert vm.vm_agent.ready
    assert "VMSnapshotLinux" in {extension.handler_type for extension in vm.extensions}


def test_collections_are_found_in_every_way(enter_world: EnterWorld) -> None:
    """The subscription's list, the group's list and the collection itself name one collection."""
    compute = enter_world("restore-point-limit").azure.compute

    everywhere = [each for each in compute.list_collections() if each.id == COLLECTION]
    in_group = [each for each in compute.list_collections_of_group(GROUP) if each.id == COLLECTION]
    whole = compute.get_collection(COLLECTION)

    assert 1 == len(everywhere) == len(in_group)
    assert VM == ResourceId.parse(whole.source_id)
    points = whole.restore_points or ()
    assert 18 == len(points)
    for point in points:
        named = restore_point_time(point.name)
        assert named is not None
        assert point.time_created is not None
        assert abs(point.time_created - named) < timedelta(minutes=1)


def test_a_lock_refuses_the_deletion(enter_world: EnterWorld) -> None:
    """ScopeLocked arrives as a LockedError before anything is accepted."""
    with pytest.raises(errors.LockedError) as caught:
        enter_world("restore-point-limit").azure.compute.delete_collection(COLLECTION)

    assert caught.value.answer is not None
    assert "ScopeLocked" == caught.value.answer.code
    assert caught.value.answer.request_id


def test_a_collection_is_deleted_and_gone(enter_world: EnterWorld) -> None:
    """The wait ends when the operation has, and the collection is then not found."""
    entered = enter_world("restore-point-limit")
    unlock(entered)
    words: list[str] = []

    operation = entered.azure.compute.delete_collection(COLLECTION)
    assert not operation.finished()
    assert operation.receipt.request_id

    assert "Succeeded" == operation.wait(words.append)
    assert operation.finished()
    assert "Succeeded" == words[-1]
    with pytest.raises(errors.NotFoundError):
        entered.azure.compute.get_collection(COLLECTION)


def test_nothing_is_polled_before_the_caller_waits(enter_world: EnterWorld) -> None:
    """No thread of the SDK looks behind the caller's back."""
    entered = enter_world("restore-point-limit")
    unlock(entered)

    entered.azure.compute.delete_collection(COLLECTION)

    assert ("DELETE", str(COLLECTION)) == entered.transport.sent[-1]


def test_another_process_takes_the_deletion_up(enter_world: EnterWorld) -> None:
    """From a token the wait goes on without a second DELETE, in a session of its own."""
    entered = enter_world("restore-point-limit", operations=SLOW)
    unlock(entered)
    token = entered.azure.compute.delete_collection(COLLECTION).token()
    before = len(entered.transport.writes())

    operation = entered.azure.compute.resume_delete_collection(COLLECTION, token)

    assert "Succeeded" == operation.wait()
    assert before == len(entered.transport.writes())


@pytest.mark.parametrize("token", ["", "no token", "e30=", "bnVsbA==", "{}", "null", "[]"])
def test_a_damaged_token_is_told_as_such(enter_world: EnterWorld, token: str) -> None:
    """The error says what to do instead; nothing is sent."""
    entered = enter_world("restore-point-limit")

    with pytest.raises(errors.AzureError, match="token") as caught:
        entered.azure.compute.resume_delete_extension(EXTENSION, token)

    assert "again" in caught.value.advice
    assert [] == entered.transport.sent


def test_the_wait_ends_when_its_time_is_up(enter_world: EnterWorld) -> None:
    """The operation goes on without the caller, who may come back to it."""
    entered = enter_world("restore-point-limit", realistic=True, operations=SLOW)
    unlock(entered)
    operation = entered.azure.compute.delete_collection(COLLECTION)

    assert "InProgress" == operation.wait(timeout_s=100)
    assert not operation.finished()
    assert "Succeeded" == operation.wait()


def test_waiting_takes_the_worlds_time(enter_world: EnterWorld) -> None:
    """Azure's Retry-After is waited out, in virtual time."""
    entered = enter_world("restore-point-limit", realistic=True, operations=SLOW)
    unlock(entered)
    start = entered.session.clock.now()

    entered.azure.compute.delete_collection(COLLECTION).wait()

    assert entered.session.clock.now() - start >= timedelta(seconds=300)


def test_what_the_watcher_raises_ends_the_wait(enter_world: EnterWorld) -> None:
    """A caller can stop at any look; the deletion itself goes on."""
    entered = enter_world("restore-point-limit", operations=SLOW)
    unlock(entered)
    operation = entered.azure.compute.delete_collection(COLLECTION)

    def stop(_word: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        operation.wait(stop)

    assert "Succeeded" == operation.wait()


def test_deleting_an_absent_collection_says_that_it_was_gone(enter_world: EnterWorld) -> None:
    """An operation that has nothing to do is over at once."""
    entered = enter_world("restore-point-limit")
    unlock(entered)
    absent = COLLECTION.parent.child(
        "providers", "Microsoft.Compute", "restorePointCollections", "AzureBackup_no_1"
    )

    operation = entered.azure.compute.delete_collection(absent)

    assert operation.receipt.already_gone
    assert operation.finished()
    assert "Succeeded" == operation.wait()


def test_an_extension_is_uninstalled(enter_world: EnterWorld) -> None:
    """It is listed, deleted, and no longer there."""
    compute = enter_world("restore-point-limit").azure.compute
    assert "VMSnapshotLinux" in {each.handler_type for each in compute.list_extensions(VM)}
    assert "VMSnapshotLinux" == compute.get_extension(EXTENSION).handler_type

    assert "Succeeded" == compute.delete_extension(EXTENSION).wait()

    assert "VMSnapshotLinux" not in {each.handler_type for each in compute.list_extensions(VM)}
    with pytest.raises(errors.NotFoundError):
        compute.get_extension(EXTENSION)
    assert compute.delete_extension(EXTENSION).receipt.already_gone


def test_an_accepted_deletion_whose_answer_is_lost_is_repeated_to_its_end(
    enter_world: EnterWorld,
) -> None:
    """A deletion may be sent twice; the SDK does so, and the end is the same."""
    lost = Fault(match=Match(method="DELETE", path="*/restorePointCollections/*"), lose="response")
    entered = enter_world("restore-point-limit", faults=(lost,))
    unlock(entered)

    assert "Succeeded" == entered.azure.compute.delete_collection(COLLECTION).wait()


def test_a_poll_that_fails_can_be_tried_again(enter_world: EnterWorld) -> None:
    """An outage while waiting is an error; the same operation can be waited for afterwards."""
    outage = Fault(
        match=Match(method="GET", path="*/operations/*"), answer=FaultAnswer(status=503), times=1
    )
    entered = enter_world(
        "restore-point-limit", SessionOptions(retry_total=0), faults=(outage,), operations=SLOW
    )
    unlock(entered)
    operation = entered.azure.compute.delete_collection(COLLECTION)

    with pytest.raises(errors.ServiceUnavailableError):
        operation.wait()

    assert "Succeeded" == operation.wait()
