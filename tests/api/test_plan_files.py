"""A plan's file is read as it was written, or not at all."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from azremedy import api
from azremedy.errors import AzremedyError, RefusedError, UsageError
from tests.support.stages import ROOT, built_in, lock, names, open_stage, with_resources

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.domain.plan import Plan

LIMIT = "restore-point-limit"


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Give a plan with a lock that is removed, one that is leased, and a loss sheet."""
    base = with_resources(built_in(LIMIT), lock(ROOT, "all"))
    stage = open_stage(tmp_path_factory.mktemp("planned"), base)
    options = api.CleanOptions(unlock=True, include_inherited=True)
    return api.plan_clean(stage.azure, names("web-1"), options)


@pytest.fixture(scope="module")
def written(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give what is in its file."""
    path = tmp_path_factory.mktemp("written") / "plan.json"
    api.save_plan(plan, path)
    return path.read_text()


def hash_of(document: Any) -> str:
    """Hash a plan as the documentation says."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def load(folder: Path, document: Any) -> Plan:
    """Read a document as a plan's file."""
    path = folder / "edited.json"
    path.write_text(json.dumps(document))
    return api.load_plan(path)


def refuse(folder: Path, document: Any) -> AzremedyError:
    """Read a document that is refused, and give why."""
    with pytest.raises((UsageError, RefusedError)) as refused:
        load(folder, document)
    return refused.value


def node_of(document: Any, place: tuple[Any, ...]) -> Any:
    """Give what stands at a place of a document."""
    for key in place:
        document = document[key]
    return document


def test_file_is_the_owners_alone_and_never_replaced(plan: Plan, tmp_path: Path) -> None:
    """A plan names resources: nobody else reads it, and no other file is lost to it."""
    path = tmp_path / "plan.json"
    api.save_plan(plan, path)

    assert 0o600 == path.stat().st_mode & 0o777
    with pytest.raises(UsageError, match="exists"):
        api.save_plan(plan, path)


def test_fingerprint_is_what_the_schema_says(plan: Plan, written: str, tmp_path: Path) -> None:
    """Anybody can compute it from the file alone, and layout does not count."""
    document = json.loads(written)
    turned = dict(reversed(document.items()))

    assert document["fingerprint"] == hash_of(document["plan"]) == api.find_fingerprint(plan)
    assert plan == load(tmp_path, turned)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "7",
        '{"plan": {}, "fingerprint": ""}',
        '{"plan": [], "fingerprint": ""}',
        '{"plan": {"schema": "azremedy.run/1"}, "fingerprint": ""}',
        '{"plan": {"schema": "azremedy.plan/1"}}',
        "\x00",
        "[" * 100_000,
    ],
    ids=range(10),
)
def test_file_that_is_no_plan_is_refused(tmp_path: Path, text: str) -> None:
    """One message, exit code 2."""
    path = tmp_path / "plan.json"
    path.write_text(text)

    with pytest.raises(UsageError, match="is not a plan"):
        api.load_plan(path)


def test_file_that_is_not_there_is_said_to_be_unreadable(tmp_path: Path) -> None:
    """A missing file is a usage error, with the system's word for it."""
    with pytest.raises(UsageError, match="No such file"):
        api.load_plan(tmp_path / "nowhere.json")


def test_approval_is_for_one_plan_only(plan: Plan) -> None:
    """Its own fingerprint approves a plan, in any case; another's, or none, does not."""
    other = replace(plan, tool_version="0.0.1")

    api.check_approval(plan, f" {api.find_fingerprint(plan).upper()} ")
    for wrong in (api.find_fingerprint(other), ""):
        with pytest.raises(RefusedError, match="another plan"):
            api.check_approval(plan, wrong)


@pytest.mark.parametrize("version", ["999.0.0", "999"])
def test_plan_of_a_newer_azremedy_is_refused(written: str, tmp_path: Path, version: str) -> None:
    """An older program cannot know what a newer one meant; both versions are named."""
    document = json.loads(written)
    document["plan"]["toolVersion"] = version
    document["fingerprint"] = hash_of(document["plan"])

    refused = refuse(tmp_path, document)

    assert 4 == refused.exit_code
    assert f"azremedy {version}, and this is" in refused.summary


def test_plan_of_an_older_azremedy_of_the_same_form_is_read(written: str, tmp_path: Path) -> None:
    """What it says is what this version would say; whether it still holds is judged later."""
    document = json.loads(written)
    document["plan"]["toolVersion"] = "0.0.1"
    document["fingerprint"] = hash_of(document["plan"])

    assert "0.0.1" == load(tmp_path, document).tool_version


def test_plan_of_another_form_is_refused(written: str, tmp_path: Path) -> None:
    """Whatever its fingerprint is: a new form may have a new one."""
    document = json.loads(written)
    document["plan"]["schema"] = "azremedy.plan/2"

    refused = refuse(tmp_path, document)

    assert 4 == refused.exit_code
    assert "azremedy.plan/2" in refused.summary


@pytest.mark.parametrize("place", [(), ("plan",), ("plan", "origin"), ("plan", "targets", 0)])
def test_what_this_version_does_not_know_is_not_left_out(
    written: str, tmp_path: Path, place: tuple[Any, ...]
) -> None:
    """A field more than this version has may change what the plan means."""
    document = json.loads(written)
    node_of(document, place)["onlyOnSundays"] = True
    document["fingerprint"] = hash_of(document["plan"])

    refused = refuse(tmp_path, document)

    assert 4 == refused.exit_code
    assert "than a plan of this version" in refused.summary


def test_what_is_left_out_is_not_made_up(written: str, tmp_path: Path) -> None:
    """An older version's plan, with a field less, is not completed by guessing."""
    document = json.loads(written)
    del document["plan"]["targets"][0]["steps"][0]["step"]["leased"]
    document["fingerprint"] = hash_of(document["plan"])

    assert "than a plan of this version" in refuse(tmp_path, document).summary


def test_step_that_this_version_does_not_know_is_refused(written: str, tmp_path: Path) -> None:
    """The message names the place."""
    document = json.loads(written)
    document["plan"]["targets"][0]["steps"][0]["step"]["kind"] = "DeleteResourceGroup"
    document["fingerprint"] = hash_of(document["plan"])

    assert "targets.0.steps.0.step" in refuse(tmp_path, document).summary


def list_leaves(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List the places of all values that hold no others."""
    if isinstance(node, dict):
        return [leaf for key, value in node.items() for leaf in list_leaves(value, (*path, key))]
    if isinstance(node, list):
        return [leaf for key, value in enumerate(node) for leaf in list_leaves(value, (*path, key))]
    return [path]


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from([[], {}, "2026-01-01T00:00:00Z"]),
)
calmly = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150
)


@calmly
@given(data=st.data())
def test_edited_file_is_refused(written: str, tmp_path: Path, data: st.DataObject) -> None:
    """Whatever value is changed, to whatever, the file is not carried out."""
    document = json.loads(written)
    *above, last = data.draw(st.sampled_from(list_leaves(document)))
    node = node_of(document, tuple(above))
    node[last] = data.draw(VALUES.filter(lambda new: repr(new) != repr(node[last])))

    assert refuse(tmp_path, document).exit_code in {2, 4}


def test_each_value_counts(written: str, tmp_path: Path) -> None:
    """Every single value of the file is guarded: none can be changed by one letter."""
    places = list_leaves(json.loads(written))

    for *above, last in places:
        document = json.loads(written)
        node = node_of(document, tuple(above))
        node[last] = f"{node[last]}0"
        assert refuse(tmp_path, document).exit_code in {2, 4}

    assert 100 < len(places)
