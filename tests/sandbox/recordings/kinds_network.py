"""List the kinds of exchange of what surrounds a VM: network, disks, Key Vault."""

from __future__ import annotations

from tests.sandbox.recordings.kinds import SHOP, SUBSCRIPTION, Call, Kind

_NETWORK = "/providers/Microsoft.Network"
_GROUP = f"{SHOP}{_NETWORK}/networkSecurityGroups/nsg-web"
_RULE = f"{_GROUP}/securityRules/allow-storage"
_NET = f"{SHOP}{_NETWORK}/virtualNetworks/vnet-shop"
_SUBNET = f"{_NET}/subnets/web"
_CARD = f"{SHOP}{_NETWORK}/networkInterfaces/web-1-nic"
_VAULTS = "/providers/Microsoft.KeyVault/vaults"
_VAULT = f"{SHOP}{_VAULTS}/kv-shop"
_DISK = f"{SHOP}/providers/Microsoft.Compute/disks/web-1_OsDisk_1_9d5c8813a398477b46634cf96eb44a28"
_ALLOW = {
    "properties": {
        "access": "Allow",
        "direction": "Outbound",
        "priority": 200,
        "protocol": "Tcp",
        "sourceAddressPrefix": "*",
        "sourcePortRange": "*",
        "destinationAddressPrefix": "Storage",
        "destinationPortRange": "443",
    }
}
_WITH_GROUP = Call(method="PUT", path=_GROUP, body={"location": "westeurope"}, wait_s=60)
_WITH_RULE = Call(method="PUT", path=_RULE, body=_ALLOW, wait_s=60)
_WITH_NET = Call(
    method="PUT",
    path=_NET,
    body={
        "location": "westeurope",
        "properties": {
            "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
            "subnets": [{"name": "web", "properties": {"addressPrefix": "10.0.0.0/24"}}],
        },
    },
    wait_s=60,
)
_WITH_CARD = Call(
    method="PUT",
    path=_CARD,
    body={
        "location": "westeurope",
        "properties": {
            "ipConfigurations": [
                {
                    "name": "ipconfig1",
                    "properties": {
                        "subnet": {"id": _SUBNET},
                        "privateIPAllocationMethod": "Dynamic",
                        "primary": True,
                    },
                }
            ]
        },
    },
    wait_s=60,
)
_ACCESS = {
    "tenantId": "11111111-1111-1111-1111-111111111111",
    "objectId": "22222222-2222-2222-2222-222222222222",
    "permissions": {"keys": ["get", "list", "backup"], "secrets": ["get", "list", "backup"]},
}
_WITH_VAULT = Call(
    method="PUT",
    path=_VAULT,
    body={
        "location": "westeurope",
        "properties": {
            "tenantId": "11111111-1111-1111-1111-111111111111",
            "sku": {"family": "A", "name": "standard"},
            "accessPolicies": [_ACCESS],
            "enabledForDiskEncryption": True,
        },
    },
    wait_s=60,
)

_SECURITY_KINDS = (
    Kind(
        name="security group list of a subscription",
        method="GET",
        path=f"{SUBSCRIPTION}{_NETWORK}/networkSecurityGroups",
        before=(_WITH_GROUP,),
    ),
    Kind(
        name="security group list of a group",
        method="GET",
        path=f"{SHOP}{_NETWORK}/networkSecurityGroups",
        before=(_WITH_GROUP,),
    ),
    Kind(name="security group get", method="GET", path=_GROUP, before=(_WITH_GROUP, _WITH_RULE)),
    Kind(name="security group get, missing", method="GET", path=f"{_GROUP}0", status=404),
    Kind(
        name="security group delete",
        method="DELETE",
        path=_GROUP,
        status=202,
        before=(_WITH_GROUP,),
        follow=True,
    ),
    Kind(name="security rule get", method="GET", path=_RULE, before=(_WITH_GROUP, _WITH_RULE)),
    Kind(
        name="security rule create",
        method="PUT",
        path=_RULE,
        status=201,
        body=_ALLOW,
        before=(_WITH_GROUP,),
        follow=True,
    ),
    Kind(
        name="security rule update",
        method="PUT",
        path=_RULE,
        body=_ALLOW,
        before=(_WITH_GROUP, _WITH_RULE),
        follow=True,
    ),
    Kind(
        name="security rule delete",
        method="DELETE",
        path=_RULE,
        status=202,
        before=(_WITH_GROUP, _WITH_RULE),
        follow=True,
    ),
)

_NET_KINDS = (
    Kind(
        name="network list of a group",
        method="GET",
        path=f"{SHOP}{_NETWORK}/virtualNetworks",
        before=(_WITH_NET,),
    ),
    Kind(name="network get", method="GET", path=_NET, before=(_WITH_NET,)),
    Kind(name="network get, missing", method="GET", path=f"{_NET}0", status=404),
    Kind(name="subnet list", method="GET", path=f"{_NET}/subnets", before=(_WITH_NET,)),
    Kind(name="subnet get", method="GET", path=_SUBNET, before=(_WITH_NET,)),
    Kind(
        name="subnet get, missing",
        method="GET",
        path=f"{_SUBNET}0",
        status=404,
        before=(_WITH_NET,),
    ),
    Kind(
        name="subnet create",
        method="PUT",
        path=f"{_NET}/subnets/second",
        status=201,
        body={"properties": {"addressPrefix": "10.0.1.0/24"}},
        before=(_WITH_NET,),
        follow=True,
    ),
    Kind(
        name="subnet update, with endpoint",
        method="PUT",
        path=_SUBNET,
        body={
            "properties": {
                "addressPrefix": "10.0.0.0/24",
                "serviceEndpoints": [{"service": "Microsoft.Storage"}],
            }
        },
        before=(_WITH_NET,),
        follow=True,
    ),
    Kind(
        name="network card list",
        method="GET",
        path=f"{SUBSCRIPTION}{_NETWORK}/networkInterfaces",
        before=(_WITH_NET, _WITH_CARD),
    ),
    Kind(name="network card get", method="GET", path=_CARD, before=(_WITH_NET, _WITH_CARD)),
    Kind(name="network card get, missing", method="GET", path=f"{_CARD}0", status=404),
    Kind(
        name="network card routes",
        method="POST",
        path=f"{_CARD}/effectiveRouteTable",
        status=202,
        before=(_WITH_NET, _WITH_CARD),
        follow=True,
    ),
)

_OTHER_KINDS = (
    Kind(
        name="key vault list of a subscription",
        method="GET",
        path=f"{SUBSCRIPTION}{_VAULTS}",
        before=(_WITH_VAULT,),
    ),
    Kind(
        name="key vault list of a group",
        method="GET",
        path=f"{SHOP}{_VAULTS}",
        query={"$top": "2"},
        before=(_WITH_VAULT,),
    ),
    Kind(name="key vault get", method="GET", path=_VAULT, before=(_WITH_VAULT,)),
    Kind(name="key vault get, missing", method="GET", path=f"{_VAULT}0", status=404),
    Kind(
        name="key vault access policy add",
        method="PUT",
        path=f"{_VAULT}/accessPolicies/add",
        body={"properties": {"accessPolicies": [_ACCESS]}},
        before=(_WITH_VAULT,),
    ),
    Kind(name="disk get", method="GET", path=_DISK),
)

NETWORK = (*_SECURITY_KINDS, *_NET_KINDS, *_OTHER_KINDS)
"""All of them."""
