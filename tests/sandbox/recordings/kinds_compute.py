"""List the kinds of exchange of Compute: VMs, extensions, restore points."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.sandbox.recordings.kinds import POINTS, SHOP, SUBSCRIPTION, Call, Kind

if TYPE_CHECKING:
    from tests.sandbox.recordings.traffic import Exchange

_COMPUTE = "/providers/Microsoft.Compute"
_VM = f"{SHOP}{_COMPUTE}/virtualMachines/web-1"
_OWN = f"{SHOP}{_COMPUTE}/restorePointCollections/own"
_SERVICE = f"{POINTS}{_COMPUTE}/restorePointCollections/AzureBackup_web-1_991698409459952"
_POINT = f"{_SERVICE}/restorePoints/AzureBackup_20261118_220106"
_SOURCE = {"location": "westeurope", "properties": {"source": {"id": _VM}}}
_COLLECTION = Call(method="PUT", path=_OWN, body=_SOURCE)
_OWN_POINT = Call(
    method="PUT", path=f"{_OWN}/restorePoints/first", body={"properties": {}}, wait_s=3600
)
_EXTENSION = f"{_VM}/extensions/CustomScript"
_SCRIPT = {
    "location": "westeurope",
    "properties": {
        "publisher": "Microsoft.Azure.Extensions",
        "type": "CustomScript",
        "typeHandlerVersion": "2.1",
        "autoUpgradeMinorVersion": True,
        "settings": {"commandToExecute": "hostname"},
    },
}
_INSTALLED = Call(method="PUT", path=_EXTENSION, body=_SCRIPT, wait_s=3600)
_VIEW = {"$expand": "instanceView"}


def _linux_script(exchange: Exchange) -> bool:
    return isinstance(exchange.sent, dict) and exchange.sent.get("commandId") == "RunShellScript"


def _with_agent(exchange: Exchange) -> bool:
    return "vmAgent" in exchange.body["properties"]["instanceView"]


_COLLECTION_KINDS = (
    Kind(
        name="collection list of a subscription",
        method="GET",
        path=f"{SUBSCRIPTION}{_COMPUTE}/restorePointCollections",
    ),
    Kind(
        name="collection list of a group",
        method="GET",
        path=f"{POINTS}{_COMPUTE}/restorePointCollections",
    ),
    Kind(name="collection get", method="GET", path=_SERVICE),
    Kind(
        name="collection get, with points",
        method="GET",
        path=_SERVICE,
        query={"$expand": "restorePoints"},
    ),
    Kind(name="collection create", method="PUT", path=_OWN, status=201, body=_SOURCE),
    Kind(
        name="collection patch",
        method="PATCH",
        path=_OWN,
        body={"tags": {"a": "b"}},
        before=(_COLLECTION,),
    ),
    Kind(
        name="collection delete",
        method="DELETE",
        path=_OWN,
        status=202,
        before=(_COLLECTION, _OWN_POINT),
        follow=True,
    ),
    Kind(name="restore point get", method="GET", path=_POINT),
    Kind(name="restore point get, with view", method="GET", path=_POINT, query=_VIEW),
    Kind(
        name="restore point create",
        method="PUT",
        path=f"{_OWN}/restorePoints/first",
        status=201,
        body={"properties": {}},
        before=(_COLLECTION,),
        follow=True,
    ),
    Kind(
        name="restore point delete",
        method="DELETE",
        path=f"{_OWN}/restorePoints/first",
        status=202,
        before=(_COLLECTION, _OWN_POINT),
        follow=True,
    ),
)

_VM_KINDS = (
    Kind(name="VM get", method="GET", path=_VM),
    Kind(name="VM get, with view", method="GET", path=_VM, query=_VIEW, where=_with_agent),
    Kind(name="VM get, missing", method="GET", path=f"{_VM}0", status=404),
    Kind(name="VM list of a group", method="GET", path=f"{SHOP}{_COMPUTE}/virtualMachines"),
    Kind(
        name="VM list of a subscription",
        method="GET",
        path=f"{SUBSCRIPTION}{_COMPUTE}/virtualMachines",
    ),
    Kind(name="VM patch", method="PATCH", path=_VM, body={"tags": {"a": "b"}}),
    *(
        Kind(name=f"VM {action}", method="POST", path=f"{_VM}/{action}", status=202, follow=True)
        for action in ("restart", "start", "powerOff", "deallocate", "redeploy", "reapply")
    ),
    Kind(
        name="VM get with view, deallocated",
        method="GET",
        path=_VM,
        query=_VIEW,
        where=lambda one: "PowerState/deallocated" in str(one.body),
        before=(Call(method="POST", path=f"{_VM}/deallocate", wait_s=3600),),
    ),
    Kind(
        name="run command, Linux",
        method="POST",
        path=f"{_VM}/runCommand",
        status=202,
        where=_linux_script,
        body={"commandId": "RunShellScript", "script": ["hostname"]},
        follow=True,
    ),
)

_EXTENSION_KINDS = (
    Kind(name="extension list", method="GET", path=f"{_VM}/extensions"),
    Kind(name="extension get", method="GET", path=f"{_VM}/extensions/VMSnapshotLinux"),
    Kind(
        name="extension get, with view",
        method="GET",
        path=f"{_VM}/extensions/VMSnapshotLinux",
        query=_VIEW,
    ),
    Kind(
        name="extension create",
        method="PUT",
        path=_EXTENSION,
        status=201,
        body=_SCRIPT,
        follow=True,
    ),
    Kind(
        name="extension update",
        method="PUT",
        path=_EXTENSION,
        body=_SCRIPT,
        before=(_INSTALLED,),
        follow=True,
    ),
    Kind(
        name="extension delete",
        method="DELETE",
        path=_EXTENSION,
        status=202,
        before=(_INSTALLED,),
        follow=True,
    ),
    Kind(name="extension delete, missing", method="DELETE", path=_EXTENSION, status=204),
    Kind(
        name="extension patch",
        method="PATCH",
        path=_EXTENSION,
        body={"tags": {"a": "b"}},
        before=(_INSTALLED,),
    ),
)

COMPUTE = (*_COLLECTION_KINDS, *_VM_KINDS, *_EXTENSION_KINDS)
"""All of them."""
