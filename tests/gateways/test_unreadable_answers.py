"""An answer that cannot be read is told, and never taken for an empty one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from azremedy import api, errors
from azremedy.gateways.inventory import Ask
from azremedy.ids import ResourceId
from azremedy.sandbox.scenario import Fault, FaultAnswer, Match
from tests.support.stages import built_in, names, open_stage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from azremedy.gateways.session import Gateways
    from tests.gateways.conftest import Scripted

GROUP = ResourceId.of_group("5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001", "group")
VM = GROUP.child("providers", "Microsoft.Compute", "virtualMachines", "web-1")
LOCKS = Ask(path=f"{GROUP}/providers/Microsoft.Authorization/locks", api_version="1", action="")
LISTS: dict[str, Callable[[Gateways], object]] = {
    "locks": lambda azure: azure.locks.list_locks(),
    "locks of a group": lambda azure: azure.locks.list_locks_of_group(GROUP),
    "groups": lambda azure: azure.groups.list_groups(),
    "any documents": lambda azure: azure.inventory.list_documents(LOCKS),
}
DOCUMENTS: dict[str, Callable[[Gateways], object]] = {
    **LISTS,
    "the service's account": lambda azure: azure.directory.find_backup_service(),
    "a VM": lambda azure: azure.compute.get_vm(VM),
    "any document": lambda azure: azure.inventory.get_document(LOCKS),
}
PARTIAL = {"error": {"code": "Partial", "message": "later"}}


@pytest.mark.parametrize("body", [{}, PARTIAL, {"value": None}, {"value": {}}, {"value": ""}])
@pytest.mark.parametrize("name", LISTS)
def test_a_page_without_its_list_is_no_empty_list(scripted: Scripted, name: str, body: Any) -> None:
    """Whoever takes it for one sees no locks."""
    azure = scripted.play(scripted.reply(body=body))

    with pytest.raises(errors.AzureError, match="the list has no 'value'"):
        LISTS[name](azure)


@pytest.mark.parametrize("name", LISTS)
def test_a_later_page_without_its_list_is_told_too(scripted: Scripted, name: str) -> None:
    """Half a list is none."""
    first = {"value": [], "nextLink": "https://management.azure.com/next"}
    azure = scripted.play(scripted.reply(body=first), scripted.reply(body=PARTIAL))

    with pytest.raises(errors.AzureError, match="the list has no 'value'"):
        LISTS[name](azure)


@pytest.mark.parametrize("name", LISTS)
def test_an_empty_list_is_empty(scripted: Scripted, name: str) -> None:
    """Nothing is there, and that is known."""
    assert () == LISTS[name](scripted.play(scripted.reply(body={"value": []})))


@pytest.mark.parametrize("body", ["null", "[]", '"x"', "7"])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_an_answer_that_is_no_object_is_told(scripted: Scripted, name: str, body: str) -> None:
    """A proxy may answer with any JSON."""
    azure = scripted.play(scripted.reply(body=body))

    with pytest.raises(errors.AzureError, match="the answer cannot be read: it is not an object"):
        DOCUMENTS[name](azure)


def test_a_directory_that_cannot_be_read_is_not_taken_for_one_without_the_account(
    scripted: Scripted,
) -> None:
    """Else the person is told to look for a missing account."""
    azure = scripted.play(scripted.reply(body={}))

    with pytest.raises(errors.AzureError, match="the list has no 'value'"):
        azure.directory.find_backup_service()


def test_subscriptions_that_cannot_be_read_are_not_taken_for_none(scripted: Scripted) -> None:
    """Else a scan of all of them would look at nothing, and find nothing."""
    scripted.play(scripted.reply(body={}))

    with pytest.raises(errors.AzureError, match="the list has no 'value'"):
        scripted.session.subscriptions.list_subscriptions()


def test_a_plan_says_that_locks_could_not_be_read(tmp_path: Path) -> None:
    """A list of locks that is not there is not a group without locks."""
    asked = Match(method="GET", path="*/providers/Microsoft.Authorization/locks")
    fault = Fault(match=asked, answer=FaultAnswer(status=200, body={}), times=9)
    world = replace(built_in("restore-point-limit"), faults=(fault,))

    azure = open_stage(tmp_path, world).azure
    plan = api.plan_clean(azure, names("web-1"), api.CleanOptions(unlock=True))

    (target,) = plan.targets
    assert ["locks"] == [gap.source for gap in target.gaps]
    assert "locks-unreadable" in {verdict.guard for verdict in target.verdicts}
