"""Finding what documents name."""

from __future__ import annotations

from azremedy.domain.references import find

GROUP = "/subscriptions/5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001/resourceGroups/rg"
NETWORK = f"{GROUP}/providers/Microsoft.Network"


def test_ids_are_found_at_every_depth_and_once() -> None:
    """An interface that is named twice, in different letter case, is found once."""
    nic = f"{NETWORK}/networkInterfaces/nic"
    document = {"a": [{"id": nic}, nic.upper()], "b": 1, "c": None}

    assert (nic,) == find([document])


def test_of_a_part_the_whole_is_found() -> None:
    """A subnet leads to its network, a key to its vault."""
    vault = f"{GROUP}/providers/Microsoft.KeyVault/vaults/keys"
    document = {"subnet": f"{NETWORK}/virtualNetworks/net/subnets/default", "vault": f"'{vault}'."}

    assert (f"{NETWORK}/virtualNetworks/net", vault) == find([document])


def test_other_types_are_not_followed() -> None:
    """Load balancers and images have no part in a backup."""
    document = {"id": f"{NETWORK}/loadBalancers/lb", "image": "/subscriptions/x/providers/y"}

    assert () == find([document])
