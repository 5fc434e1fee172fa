"""How ARM documents are held."""

from __future__ import annotations

from azremedy.sandbox.documents import Documents

VM = "/subscriptions/S/resourceGroups/rg-App/providers/Microsoft.Compute/virtualMachines/Web-1"


def store() -> Documents:
    """Make a store with a VM and its extension."""
    documents = Documents()
    documents.put({"id": VM, "properties": {"a": [1]}})
    documents.put({"id": f"{VM}/extensions/e"})
    return documents


def test_name_and_type_follow_from_the_id() -> None:
    """A document need not repeat what its id says."""
    document = store().get(VM.lower())

    assert document == {
        "id": VM,
        "name": "Web-1",
        "type": "Microsoft.Compute/virtualMachines",
        "properties": {"a": [1]},
    }


def test_the_first_spelling_stays() -> None:
    """A later write in another letter case changes the content and not the id."""
    documents = store()

    stored = documents.put({"id": VM.upper(), "properties": {}})

    assert (stored["id"], stored["name"]) == (VM, "Web-1")
    assert len(documents) == 2


def test_an_answer_is_a_copy() -> None:
    """Changing what was read changes nothing."""
    documents = store()

    (documents.get(VM) or {})["properties"]["a"].append(2)
    next(iter(documents))["properties"]["a"].append(3)

    assert (documents.get(VM) or {})["properties"] == {"a": [1]}


def test_children_go_with_their_parent() -> None:
    """Removing a VM removes its extensions; removing it again finds nothing."""
    documents = store()

    assert [child["name"] for child in documents.children(VM)] == ["e"]
    assert documents.remove(VM.lower())
    assert not documents.remove(VM)
    assert len(documents) == 0


def test_a_type_is_listed_beneath_a_scope() -> None:
    """The scope narrows the list and ignores case."""
    documents = store()
    other = VM.replace("rg-App", "rg-App2")
    documents.put({"id": other})

    kind = "microsoft.compute/VirtualMachines"
    assert [each["id"] for each in documents.of_type(kind)] == [VM, other]
    assert [
        each["id"]
        for each in documents.of_type(kind, under="/subscriptions/s/resourcegroups/RG-APP")
    ] == [VM]
