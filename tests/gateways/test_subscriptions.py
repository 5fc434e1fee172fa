"""Find out which subscription is meant."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from azremedy.errors import AmbiguousTargetError, SignInError, TargetNotFoundError, UsageError
from azremedy.gateways.subscriptions import (
    Subscription,
    choose_subscription,
    resolve_subscription,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gateways.conftest import EnterWorld, Scripted

ONE = "11111111-0000-0000-0000-000000000001"
TWO = "11111111-0000-0000-0000-000000000002"
SEEN = (
    Subscription(id=ONE, name="Production"),
    Subscription(id=TWO, name="Test"),
    Subscription(id="11111111-0000-0000-0000-000000000003", name="test"),
)


def write_profile(folder: Path, document: Any) -> None:
    """Write the Azure CLI's profile as the CLI does, with its byte order mark."""
    folder.mkdir(exist_ok=True)
    (folder / "azureProfile.json").write_text(json.dumps(document), encoding="utf-8-sig")


def profile(default: str) -> dict[str, Any]:
    """Make a profile of two subscriptions."""
    entries = [{"id": each, "name": each, "isDefault": each == default} for each in (ONE, TWO)]
    return {"installationId": "x", "subscriptions": entries}


def test_the_option_wins_over_everything(tmp_path: Path) -> None:
    """What the user typed is what is meant."""
    write_profile(tmp_path / ".azure", profile(TWO))
    environ = {"AZURE_SUBSCRIPTION_ID": TWO}

    assert "Production" == choose_subscription(" Production ", environ=environ, home=tmp_path)


def test_the_variable_wins_over_the_azure_cli(tmp_path: Path) -> None:
    """Pipelines set AZURE_SUBSCRIPTION_ID."""
    write_profile(tmp_path / ".azure", profile(TWO))
    environ = {"AZURE_SUBSCRIPTION_ID": ONE}

    assert ONE == choose_subscription(None, environ=environ, home=tmp_path)


def test_the_azure_clis_default_is_the_last_resort(tmp_path: Path) -> None:
    """The profile in the home folder is read, byte order mark and all."""
    write_profile(tmp_path / ".azure", profile(TWO))

    assert TWO == choose_subscription(None, environ={}, home=tmp_path)


def test_the_azure_clis_folder_can_be_elsewhere(tmp_path: Path) -> None:
    """AZURE_CONFIG_DIR moves the profile."""
    write_profile(tmp_path / ".azure", profile(TWO))
    write_profile(tmp_path / "elsewhere", profile(ONE))
    environ = {"AZURE_CONFIG_DIR": str(tmp_path / "elsewhere"), "AZURE_SUBSCRIPTION_ID": " "}

    assert ONE == choose_subscription(None, environ=environ, home=tmp_path)


@pytest.mark.parametrize("document", [None, {}, {"subscriptions": None}, profile("none of them")])
def test_without_a_choice_all_three_ways_are_named(tmp_path: Path, document: Any) -> None:
    """The error tells how to say it."""
    if document is not None:
        write_profile(tmp_path / ".azure", document)

    with pytest.raises(UsageError) as caught:
        choose_subscription(None, environ={}, home=tmp_path)

    for way in ("--subscription", "AZURE_SUBSCRIPTION_ID", "az account set"):
        assert way in caught.value.advice


@pytest.mark.parametrize("document", [[], 7, {"subscriptions": 7}, {"subscriptions": [7]}])
def test_a_damaged_profile_is_named(tmp_path: Path, document: Any) -> None:
    """It is no traceback, and not taken for an empty one."""
    write_profile(tmp_path / ".azure", document)

    with pytest.raises(UsageError, match=r"azureProfile\.json"):
        choose_subscription(None, environ={}, home=tmp_path)


def test_a_profile_that_is_no_json_is_named(tmp_path: Path) -> None:
    """A half-written file is told as such."""
    write_profile(tmp_path / ".azure", {})
    (tmp_path / ".azure" / "azureProfile.json").write_text('{"subscr')

    with pytest.raises(UsageError, match=r"azureProfile\.json"):
        choose_subscription(None, environ={}, home=tmp_path)


def test_a_guid_is_taken_as_it_is() -> None:
    """Nothing is asked for it."""
    assert ONE == resolve_subscription(ONE.upper(), lambda: pytest.fail("asked"))


def test_a_name_is_looked_up_without_case() -> None:
    """A name gives its GUID."""
    assert ONE == resolve_subscription("production", lambda: SEEN)


def test_a_name_that_nobody_has_is_not_found() -> None:
    """The message names it."""
    with pytest.raises(TargetNotFoundError, match="Staging"):
        resolve_subscription("Staging", lambda: SEEN)


def test_a_name_that_two_have_is_ambiguous() -> None:
    """Both GUIDs are named to choose from."""
    with pytest.raises(AmbiguousTargetError, match=TWO):
        resolve_subscription("TEST", lambda: SEEN)


def test_azure_lists_the_subscriptions(enter_world: EnterWorld) -> None:
    """The sandbox's subscriptions are listed, and a name of theirs resolves."""
    entered = enter_world("fleet-small")

    found = entered.session.subscriptions.list_subscriptions()

    assert 2 == len(found)
    assert {each.id for each in found} == {
        resolve_subscription(each.id, lambda: found) for each in found
    }
    assert {"Enabled"} == {each.state for each in found}


def test_all_pages_are_read(scripted: Scripted) -> None:
    """Azure's nextLink is followed to its end."""

    def page(number: int, **more: str) -> Any:
        entry = {"subscriptionId": str(number), "displayName": f"S{number}", "state": "Enabled"}
        return scripted.reply(body={"value": [entry], **more})

    scripted.play(page(1, nextLink="https://management.azure.com/subscriptions?page=2"), page(2))

    found = scripted.session.subscriptions.list_subscriptions()

    assert ["1", "2"] == [each.id for each in found]
    assert "page=2" in scripted.transport.sent[1].url


def test_a_refused_token_is_a_failed_sign_in(scripted: Scripted) -> None:
    """401 says that the sign-in is the matter."""
    scripted.play(
        scripted.reply(status=401, body={"error": {"code": "ExpiredAuthenticationToken"}})
    )

    with pytest.raises(SignInError):
        scripted.session.subscriptions.list_subscriptions()
