"""ARM ids: parsed once, kept as written, compared without case."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azremedy import ids
from azremedy.errors import MalformedIdError
from azremedy.ids import ResourceId

SUB = "/subscriptions/5f0c2a6e-8d41-4b7a-9c35-2e1d7a90b8f4"
GROUP = f"{SUB}/resourceGroups/rg-web"
VM = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/web-1"
POINT = f"{GROUP}/providers/Microsoft.Compute/restorePointCollections/c/restorePoints/p"
LOCK = "providers/Microsoft.Authorization/locks"

# The machine that runs the tests may be busy: time is no property of an id.
calmly = settings(deadline=None)

names = st.one_of(
    st.sampled_from(["providers", "resourceGroups", "subscriptions", "locks"]),
    st.text("abcXYZ0189-_.()", min_size=1, max_size=8).filter(lambda text: text.strip(".")),
)
pairs = st.tuples(st.sampled_from(["disks", "virtualMachines", "extensions"]), names)


@st.composite
def id_texts(draw: st.DrawFn) -> str:
    """Compose ids of every shape: a subscription's, a group's, resources' and extensions'."""
    parts = ["subscriptions", str(draw(st.uuids()))]
    if draw(st.booleans()):
        parts += ["resourceGroups", draw(names)]
    for _ in range(draw(st.integers(0, 2))):
        parts += ["providers", "Microsoft.Compute"]
        for pair in draw(st.lists(pairs, min_size=1, max_size=2)):
            parts += pair
    return "/" + "/".join(parts)


resource_ids = id_texts().map(ResourceId.parse)


@calmly
@given(id_texts())
def test_an_id_is_kept_as_it_was_written(text: str) -> None:
    """Reading and writing an id changes nothing."""
    assert text == str(ResourceId.parse(text))


@calmly
@given(id_texts())
def test_case_does_not_tell_ids_apart(text: str) -> None:
    """Azure spells one resource in several ways; they are one, also as a key."""
    one, other = ResourceId.parse(text), ResourceId.parse(text.swapcase())

    assert one == other
    assert hash(one) == hash(other)
    assert one.contains(other)
    assert not one < other


@calmly
@given(id_texts(), st.integers(1, 3), st.sampled_from(["", " ", "\n", "/"]))
def test_doubled_and_outer_slashes_are_folded(text: str, slashes: int, around: str) -> None:
    """Ids that people and scripts put together by hand are read as they are meant."""
    written = around + text.replace("/", "/" * slashes) + around

    assert text == str(ResourceId.parse(written))


@calmly
@given(resource_ids, resource_ids, resource_ids)
def test_contains_is_a_partial_order(a: ResourceId, b: ResourceId, c: ResourceId) -> None:
    """An id contains itself; two that contain each other are one; containing passes on."""
    assert a.contains(a)
    assert not (a.contains(b) and b.contains(a)) or a == b
    assert not (a.contains(b) and b.contains(c)) or a.contains(c)


@calmly
@given(resource_ids)
def test_every_id_lies_in_its_parent_scope_group_and_subscription(resource: ResourceId) -> None:
    """Each way up leads to something that contains the id and is an id itself."""
    for above in (resource.parent, resource.scope, resource.group, resource.subscription):
        assert above.contains(resource)
        assert above == ResourceId.parse(str(above))
    assert resource.resource_type


@calmly
@given(resource_ids, names)
def test_a_lock_leads_back_to_what_it_is_attached_to(scope: ResourceId, name: str) -> None:
    """The scope of a lock's id is what it was put on, whatever the two are named."""
    lock = scope.child("providers", "Microsoft.Authorization", "locks", name)

    assert scope == lock.scope
    assert name == lock.name
    assert lock.is_type(ids.LOCK)


@calmly
@given(
    st.one_of(
        st.text(), id_texts().flatmap(lambda text: st.permutations(text.split("/"))).map("/".join)
    )
)
def test_any_other_text_is_malformed_and_nothing_worse(text: str) -> None:
    """A text is an id that can be asked everything, or a malformed one."""
    try:
        found = ResourceId.parse(text)
    except MalformedIdError:
        return
    assert found == ResourceId.parse(str(found))
    assert found.parent.contains(found)
    assert found.resource_type


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "web-1",
        "/subscriptions",
        "/subscriptions/my-subscription",
        "/subscriptions/5f0c2a6e8d414b7a9c352e1d7a90b8f4",
        "/subscriptions/{5f0c2a6e-8d41-4b7a-9c35-2e1d7a90b8f4}",
        "/resourceGroups/rg-web",
        f"{SUB}/resourceGroups",
        f"{GROUP}/virtualMachines/web-1",
        f"{GROUP}/providers",
        f"{GROUP}/providers/Microsoft.Compute",
        f"{GROUP}/providers/Microsoft.Compute/virtualMachines",
        f"{VM}/extensions",
        f"{VM}/providers/Microsoft.Authorization/locks",
        f"{VM}/extensions/..",
        f"{GROUP}/providers/Microsoft.Compute/virtualMachines/.",
        f"{SUB}/resourceGroups/..",
        f"{VM}\x1b[2J",
        f"{SUB}/resourceGroups/rg\nweb",
        "/providers/Microsoft.Management/managementGroups/mg",
    ],
)
def test_a_text_that_is_no_id_is_refused(text: str) -> None:
    """Nothing is guessed, and no text can lead a request to another resource."""
    with pytest.raises(MalformedIdError, match="is not an ARM resource id"):
        ResourceId.parse(text)


@pytest.mark.parametrize(
    ("text", "resource_type", "name", "group", "parent", "scope"),
    [
        (SUB, ids.SUBSCRIPTION, SUB.rpartition("/")[2], "", SUB, SUB),
        (GROUP, ids.RESOURCE_GROUP, "rg-web", "rg-web", SUB, GROUP),
        (VM, ids.VIRTUAL_MACHINE, "web-1", "rg-web", GROUP, GROUP),
        (f"{VM}/extensions/e", ids.EXTENSION, "e", "rg-web", VM, GROUP),
        (POINT, ids.RESTORE_POINT, "p", "rg-web", POINT.rpartition("/restorePoints")[0], GROUP),
        (f"{SUB}/{LOCK}/l", ids.LOCK, "l", "", SUB, SUB),
        (f"{VM}/{LOCK}/l", ids.LOCK, "l", "rg-web", VM, VM),
        (f"{POINT}/{LOCK}/l", ids.LOCK, "l", "rg-web", POINT, POINT),
    ],
)
def test_an_id_tells_its_parts(  # one column each
    text: str, resource_type: str, name: str, group: str, *, parent: str, scope: str
) -> None:
    """Type, name, group, parent and scope are read from the id alone."""
    resource = ResourceId.parse(text)

    assert resource_type == resource.resource_type
    assert name == resource.name
    assert group == resource.resource_group
    assert parent == str(resource.parent)
    assert scope == str(resource.scope)
    assert SUB == str(resource.subscription)
    assert SUB.rpartition("/")[2] == resource.subscription_id


def test_an_id_is_not_its_text() -> None:
    """An id and a text are never equal, so that no comparison forgets the case."""
    assert ResourceId.parse(VM) != VM


def test_ids_sort_without_case() -> None:
    """Lists of ids are in one order, however Azure spells them."""
    written = [f"{SUB}/resourceGroups/{name}" for name in ("b", "A", "C")]

    assert ["A", "b", "C"] == [id_.name for id_ in sorted(map(ResourceId.parse, written))]


@pytest.mark.parametrize("part", ["", "..", ".", "a/b", "../../other", "a/extensions/b"])
def test_a_child_is_directly_below_or_nothing(part: str) -> None:
    """No name that Azure reports can lead to another resource."""
    with pytest.raises(MalformedIdError):
        ResourceId.parse(VM).child("extensions", part)


@pytest.mark.parametrize(
    ("subscription_id", "name"),
    [
        ("nobody", "rg"),
        (SUB.rpartition("/")[2], ""),
        (SUB.rpartition("/")[2], "rg/providers/a/b/c"),
    ],
)
def test_a_groups_id_is_a_groups(subscription_id: str, name: str) -> None:
    """A name that is no name does not make another kind of id."""
    with pytest.raises(MalformedIdError):
        ResourceId.of_group(subscription_id, name)


def test_a_group_is_composed_from_its_name() -> None:
    """Subscription and name make the group's id."""
    assert GROUP == str(ResourceId.of_group(SUB.rpartition("/")[2], "rg-web"))
