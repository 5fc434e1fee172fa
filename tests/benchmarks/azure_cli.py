"""Have the Azure CLI ready, signed in to a served world, where it can be had."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from tests.clients.az import NoAzureCliError, find_az

if TYPE_CHECKING:
    from tests.benchmarks.worlds import Served


def prepare_cli(served: Served) -> tuple[str | None, tuple[str, ...]]:
    """Give the Azure CLI, signed in; or none, and why."""
    try:
        az = find_az(os.environ)
    except NoAzureCliError as error:
        return None, (f"Not compared with the Azure CLI: {error}",)
    env = az_environment(served)
    tenant, client, secret = (env[f"AZURE_{name}"] for name in ("TENANT_ID", *_CLIENT))
    for call in (
        ("cloud", "register", "-n", "sandbox", *_endpoint(env)),
        ("cloud", "set", "-n", "sandbox"),
        ("login", "--service-principal", "-u", client, "-p", secret, "--tenant", tenant),
    ):
        subprocess.run([az, *call], env=env, check=True, capture_output=True, timeout=120)
    return az, ()


_CLIENT = ("CLIENT_ID", "CLIENT_SECRET")


def _endpoint(env: dict[str, str]) -> tuple[str, str]:
    return "--endpoint-resource-manager", env["BENCHMARK_ARM"]


def az_environment(served: Served) -> dict[str, str]:
    """Give the Azure CLI's environment: it knows the world as a cloud of its own."""
    # It would tell the CLI of the cloud a second time, by a way that needs no registration.
    return {n: value for n, value in served.env.items() if n != "ARM_CLOUD_METADATA_URL"}
