"""The blobs of a container: what each call answers, and which error it raises."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from azremedy.engine.blob_store import BlobStore
from azremedy.errors import ConflictError, HeldError, NotFoundError, UsageError
from azremedy.gateways.blob_places import CONNECTION, open_blobs
from azremedy.gateways.blobs import PositionTakenError
from azremedy.ids import ResourceId
from tests.support.stages import ROOT
from tests.support.storages import Line, end_leases, open_failing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azremedy.gateways.blobs import BlobsGateway
    from tests.support.azurite import Azurite

VM = ResourceId.parse(f"{ROOT}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/web-1")
RUN = "20261120T080000Z-0000000a"


@pytest.fixture
def url(azurite: Azurite) -> str:
    """Make a container."""
    return azurite.make_container()


@pytest.fixture
def line() -> Line:
    """Give a line that works until a test says otherwise."""
    return Line()


@pytest.fixture
def blobs(azurite: Azurite, url: str, line: Line) -> Iterator[BlobsGateway]:
    """Connect to the container."""
    with closing(open_failing(azurite, f"{url}/team", line)) as made:
        yield made


def take(blobs: BlobsGateway, name: str = "locks/a", run_id: str = RUN) -> tuple[bool, str]:
    """Try to hold a file; give the lease's id too."""
    lease_id = str(uuid4())
    taken = blobs.take_lease(
        name, run_id.encode(), metadata={"run": run_id}, lease_id=lease_id, seconds=15
    )
    return taken, lease_id


def test_a_file_that_only_grows_grows_where_it_ends(blobs: BlobsGateway) -> None:
    """What is there already is not written twice; what is somebody else's is no place to go on."""
    blobs.create_log("runs/a")
    blobs.append("runs/a", b"one\n", position=0)
    blobs.append("runs/a", b"one\n", position=0)
    blobs.append("runs/a", b"two\n", position=4)

    for position in (0, 4, 40):
        with pytest.raises(PositionTakenError):
            blobs.append("runs/a", b"six\n", position=position)
    with pytest.raises(ConflictError):
        blobs.create_log("runs/a")
    read = blobs.get_blob("runs/a")
    assert read is not None
    assert (b"one\ntwo\n", 8) == (read.content, blobs.get_size("runs/a"))
    assert [True, False] == [blobs.has("runs/a", b"two\n", position=at) for at in (4, 8)]


def test_what_is_not_there_is_told_apart_from_a_container_that_is_not(
    azurite: Azurite, url: str, blobs: BlobsGateway
) -> None:
    """The first is an answer or an error about a file, the second one message everywhere."""
    assert blobs.get_blob("runs/absent") is None
    assert not blobs.renew_lease("locks/absent", str(uuid4()))
    with pytest.raises(NotFoundError):
        blobs.get_size("runs/absent")
    with closing(open_blobs(f"{url}-absent", env={CONNECTION: azurite.connection()})) as absent:
        for call in (
            lambda: absent.list_blobs("runs/"),
            lambda: absent.get_blob("runs/a"),
            lambda: absent.get_size("runs/a"),
            lambda: absent.create_log("runs/a"),
            lambda: absent.append("runs/a", b"one\n", position=0),
            lambda: absent.has("runs/a", b"one\n", position=0),
            lambda: take(absent),
            lambda: absent.renew_lease("locks/a", str(uuid4())),
            lambda: absent.delete_leased("locks/a", str(uuid4())),
        ):
            with pytest.raises(UsageError, match="There is no container"):
                call()


def test_a_lease_is_one_holders(azurite: Azurite, url: str, blobs: BlobsGateway) -> None:
    """Whoever takes it over when its time is over writes what it says."""
    first, mine = take(blobs)
    second, other = take(blobs, run_id="other")
    renewed = [blobs.renew_lease("locks/a", lease_id) for lease_id in (mine, other)]
    blobs.delete_leased("locks/a", other)
    (held,) = blobs.list_blobs("locks/")
    end_leases(azurite, url)
    (free,) = blobs.list_blobs("locks/")
    third, theirs = take(blobs, run_id="other")
    (taken,) = blobs.list_blobs("locks/")
    read = blobs.get_blob("locks/a")
    blobs.delete_leased("locks/a", theirs)

    assert [True, False, True] == [first, second, third]
    assert [True, False] == renewed
    assert [True, False, True] == [each.leased for each in (held, free, taken)]
    assert [RUN, RUN, "other"] == [each.metadata["run"] for each in (held, free, taken)]
    assert read is not None
    assert b"other" == read.content
    assert () == blobs.list_blobs("locks/")


def test_a_file_that_its_holder_frees_between_two_looks_is_made_anew(
    azurite: Azurite, url: str, blobs: BlobsGateway, line: Line
) -> None:
    """As often as that happens, within reason."""
    left = [1]

    def free(request: Any) -> None:
        if request.headers.get("x-ms-lease-action") == "acquire" and left[0]:
            left[0] -= 1
            with closing(open_failing(azurite, f"{url}/team", Line())) as other:
                other.delete_leased("locks/a", "")

    line.before = free
    once, lease_id = take(blobs)
    blobs.delete_leased("locks/a", lease_id)
    left[0] = 100
    always, _ = take(blobs)

    assert (True, False) == (once, always)


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff"])
def test_a_holder_that_cannot_be_made_out_holds_all_the_same(
    blobs: BlobsGateway, content: bytes
) -> None:
    """Its file says nothing, its lease says enough."""
    store, lease_id = BlobStore(blobs), str(uuid4())
    with store.hold([VM], run_id=RUN):
        (name,) = (each.name for each in blobs.list_blobs("locks/"))
    blobs.take_lease(name, content, metadata={"run": RUN}, lease_id=lease_id, seconds=15)

    with pytest.raises(HeldError, match="Run unknown"), store.hold([VM], run_id="other"):
        pytest.fail("held")
    blobs.delete_leased(name, lease_id)
