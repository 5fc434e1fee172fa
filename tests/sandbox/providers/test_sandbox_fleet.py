"""The small fleet: twenty machines, three in trouble, one unprotected, one long gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.sandbox.conftest import OpenWorld
    from tests.sandbox.providers.conftest import Azure, Connect

APP = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"
WEB = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a002"


def _unwell(azure: Azure, vault: str, group: str) -> dict[str, str]:
    return {
        item.properties["friendlyName"]: item.properties["healthDetails"][0]["title"]
        for item in azure.items(vault, group)
        if item.properties["protectionStatus"] != "Healthy"
    }


def test_trouble_of_each_machine(open_world: OpenWorld, connect: Connect) -> None:
    """Three of nineteen protected machines are unwell, each for its own reason."""
    opened = open_world("fleet-small")
    app, web = connect(opened, APP), connect(opened, WEB)

    assert _unwell(app, "vault-app-neu", "rg-app-north") == {
        "app-03": "UserErrorRpCollectionLimitReached"
    }
    assert _unwell(app, "vault-app-weu", "rg-app") == {}
    assert _unwell(web, "vault-web-weu", "rg-web") == {
        "web-02": "ExtensionOperationFailedForManagedDisks",
        "web-05": "UserErrorGuestAgentStatusUnavailable",
    }


def test_backups_end_as_the_health_says(open_world: OpenWorld, connect: Connect) -> None:
    """Backing every machine up fails for the unwell ones, with the same codes, and for no other."""
    opened = open_world("fleet-small")
    failed = {}
    for subscription, vault, group in (
        (APP, "vault-app-neu", "rg-app-north"),
        (APP, "vault-app-weu", "rg-app"),
        (WEB, "vault-web-weu", "rg-web"),
    ):
        azure = connect(opened, subscription)
        for item in azure.items(vault, group):
            job = azure.back_up(item)
            if job.properties.status != "Completed":
                failed[item.properties["friendlyName"]] = azure.errors(job)

    assert failed == {
        "app-03": ["UserErrorRpCollectionLimitReached"],
        "web-02": ["ExtensionOperationFailedForManagedDisks"],
        "web-05": ["UserErrorGuestAgentStatusUnavailable"],
    }


def test_orphan_has_no_machine(open_world: OpenWorld, connect: Connect) -> None:
    """One collection's machine no longer exists."""
    azure = connect(open_world("fleet-small"), WEB)
    machines = {vm.name for vm in azure.compute.virtual_machines.list_all()}
    sources = [
        collection.properties.source.id.rsplit("/", 1)[1]
        for collection in azure.compute.restore_point_collections.list_all()
    ]

    assert [source for source in sources if source not in machines] == ["old-01"]
