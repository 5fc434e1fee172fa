"""Answers that arrive slowly, in part or not at all at the server's door."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from azure.core.exceptions import IncompleteReadError, ServiceResponseError
from azure.mgmt.resource.locks import ManagementLockClient
from azure.mgmt.resource.resources import ResourceManagementClient

from azremedy.sandbox import scenario, server
from azremedy.sandbox.transport import SandboxCredential

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GROUP = "AzureBackupRG_westeurope_1"


@contextmanager
def client(
    kind: Any, folder: Path, document: dict[str, Any], *, subscription: str
) -> Iterator[Any]:
    """Make an SDK client of a served world, whose time runs ten thousand times as fast."""
    path = folder / "served.json"
    path.write_text(json.dumps(document))
    with (
        server.running(server.Setting(scenario=scenario.load(path), speed=10_000)) as opened,
        kind(
            SandboxCredential(),
            subscription,
            base_url=opened.ready["arm"],
            connection_verify=opened.ready["ca_bundle"],
            retry_total=0,
        ) as made,
    ):
        yield made


def test_a_slow_body_arrives_whole(
    tmp_path: Path, small: dict[str, Any], subscription: str
) -> None:
    """The client reads bit after bit and gets the same document."""
    faults = [{"drip": {"bytes": 10, "seconds": 2}}]
    with client(
        ResourceManagementClient, tmp_path, small | {"faults": faults}, subscription=subscription
    ) as azure:
        assert azure.resource_groups.get(GROUP).name == GROUP


@pytest.mark.parametrize("extra", [{}, {"drip": {"bytes": 8, "seconds": 1}}])
def test_a_cut_body_is_noticed(
    tmp_path: Path, small: dict[str, Any], subscription: str, extra: dict[str, Any]
) -> None:
    """The promised length never comes; the next request finds the server well."""
    faults = [{"truncate": 30, **extra}]
    with client(
        ResourceManagementClient, tmp_path, small | {"faults": faults}, subscription=subscription
    ) as azure:
        with pytest.raises(IncompleteReadError):
            azure.resource_groups.get(GROUP)

        assert azure.resource_groups.get(GROUP).name == GROUP


@pytest.mark.parametrize(("fault", "left"), [({"lose": "response"}, []), ({"drop": True}, [1])])
def test_a_broken_connection_hides_what_was_done(
    tmp_path: Path,
    small: dict[str, Any],
    subscription: str,
    *,
    fault: dict[str, Any],
    left: list[int],
) -> None:
    """To the client both look the same; only a look at the world tells them apart."""
    faults = [{"match": {"method": "DELETE"}, **fault}]
    with client(
        ManagementLockClient, tmp_path, small | {"faults": faults}, subscription=subscription
    ) as azure:
        locks = azure.management_locks
        with pytest.raises(ServiceResponseError):
            locks.delete_at_resource_group_level(GROUP, "keep")

        assert len(list(locks.list_at_resource_group_level(GROUP))) == len(left)
