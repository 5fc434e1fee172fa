"""Every way in which azure-identity signs in, in processes that know nothing of the sandbox."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.clients import az, az_world

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENVIRONMENT = dict(os.environ)
CREDENTIALS = {
    "client secret": "ClientSecretCredential(e['AZURE_TENANT_ID'], e['AZURE_CLIENT_ID'], "
    "e['AZURE_CLIENT_SECRET'], authority=e['AZURE_AUTHORITY_HOST'], "
    "disable_instance_discovery=True)",
    "environment": "EnvironmentCredential(disable_instance_discovery=True)",
    "default": "DefaultAzureCredential(disable_instance_discovery=True)",
    "workload identity": "WorkloadIdentityCredential(disable_instance_discovery=True)",
    "managed identity": "ManagedIdentityCredential()",
}
PROGRAM = """
import os
from azure.identity import *
from azure.mgmt.resource.resources import ResourceManagementClient
e = os.environ
client = ResourceManagementClient({credential}, e['AZURE_SUBSCRIPTION_ID'], base_url=e['ARM'])
print(','.join(group.name for group in client.resource_groups.list()))
"""
GROUPS = "rg-shop-prod,rg-backup,AzureBackupRG_westeurope_1"


@pytest.fixture(scope="module")
def ready() -> Iterator[dict[str, Any]]:
    """Serve the world of the limit in a process of its own."""
    with az.serving("restore-point-limit") as document:
        yield document


def plain(**more: str) -> dict[str, str]:
    """Give an environment in which nobody is signed in anywhere."""
    kept = {"PATH", "HOME", "SYSTEMROOT", "TEMP", "TMP", "PYTHONPATH", "AZREMEDY_SANDBOX_RECORD"}
    own = {name: value for name, value in os.environ.items() if name in kept}
    return {**own, "PYTHONPATH": str(az.CHECKOUT), **more}


def run(argv: list[str], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a program."""
    return subprocess.run(argv, env=env, capture_output=True, text=True, check=False, timeout=120)


def list_groups(credential: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """List the groups with a credential of azure-identity."""
    return run([sys.executable, "-c", PROGRAM.format(credential=credential)], env)


def azremedy(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run azremedy as people do."""
    return run([sys.executable, "-m", "azremedy", *arguments], env)


@pytest.mark.parametrize("name", ["client secret", "environment", "default"])
def test_a_secret_signs_in(name: str, ready: dict[str, Any]) -> None:
    """The ready document's environment is all that azure-identity needs."""
    done = list_groups(CREDENTIALS[name], plain(**ready["env"], ARM=ready["arm"]))

    assert (0, GROUPS) == (done.returncode, done.stdout.strip()), done.stderr


def test_a_federated_token_signs_in(ready: dict[str, Any], tmp_path: Path) -> None:
    """The way of a pipeline or a pod: a token in a file, no secret."""
    file = tmp_path / "federated"
    file.write_text("a.b.c", encoding="utf-8")
    env = plain(**ready["env"], ARM=ready["arm"], AZURE_FEDERATED_TOKEN_FILE=str(file))
    del env["AZURE_CLIENT_SECRET"]

    done = list_groups(CREDENTIALS["workload identity"], env)

    assert (0, GROUPS) == (done.returncode, done.stdout.strip()), done.stderr


def test_a_managed_identity_signs_in_by_its_machine(ready: dict[str, Any]) -> None:
    """The way of a VM: the instance metadata service, without TLS."""
    env = plain(**ready["env"], ARM=ready["arm"])
    del env["AZURE_CLIENT_SECRET"]

    done = list_groups(CREDENTIALS["managed identity"], env)

    assert (0, GROUPS) == (done.returncode, done.stdout.strip()), done.stderr


def test_a_managed_identity_signs_in_by_its_app(ready: dict[str, Any]) -> None:
    """The way of App Service and Functions: an endpoint and a header from the environment."""
    identity = ready["env"]["AZURE_POD_IDENTITY_AUTHORITY_HOST"]
    env = plain(**ready["env"], ARM=ready["arm"], IDENTITY_ENDPOINT=f"{identity}/msi/token")
    del env["AZURE_POD_IDENTITY_AUTHORITY_HOST"]

    done = list_groups(CREDENTIALS["managed identity"], {**env, "IDENTITY_HEADER": "any"})

    assert (0, GROUPS) == (done.returncode, done.stdout.strip()), done.stderr


def test_azremedy_signs_in_by_the_azure_cli(ready: dict[str, Any], tmp_path: Path) -> None:
    """Whoever is signed in with `az login` is signed in with azremedy."""
    try:
        program = az.find_az(_ENVIRONMENT)
    except az.NoAzureCliError as error:
        pytest.skip(str(error))
    env = plain(**ready["env"], AZURE_CONFIG_DIR=str(tmp_path), AZURE_CORE_ONLY_SHOW_ERRORS="yes")
    metadata = env.pop("ARM_CLOUD_METADATA_URL")
    client, tenant = env.pop("AZURE_CLIENT_ID"), env["AZURE_TENANT_ID"]
    secret, subscription = env.pop("AZURE_CLIENT_SECRET"), env.pop("AZURE_SUBSCRIPTION_ID")
    for call in (
        ["cloud", "register", "-n", "sandbox", "--endpoint-resource-manager", ready["arm"]],
        ["cloud", "set", "-n", "sandbox"],
        ["login", "--service-principal", "-u", client, "-p", secret, "--tenant", tenant],
    ):
        assert 0 == run([program, *call], env).returncode
    # Nothing but the CLI's folder says who and where; azure-identity finds the CLI by the PATH.
    del env["AZURE_POD_IDENTITY_AUTHORITY_HOST"]
    path = os.pathsep.join([str(Path(program).parent), env["PATH"]])
    env |= {"PATH": path, "AZURE_TOKEN_CREDENTIALS": "AzureCliCredential"}

    done = azremedy("find-rg", "--cloud", metadata, "-o", "json", env=env)

    assert 0 == done.returncode, done.stderr
    assert subscription in done.stdout


def test_a_wrong_secret_ends_with_5_and_entras_code(ready: dict[str, Any]) -> None:
    """The message holds the code by which people search, and not the secret."""
    env = plain(**{**ready["env"], "AZURE_CLIENT_SECRET": "wrong"})
    env["AZURE_TOKEN_CREDENTIALS"] = "EnvironmentCredential"

    done = azremedy("find-rg", env=env)

    assert 5 == done.returncode
    assert "AADSTS7000215" in done.stderr


def test_a_token_that_runs_out_is_renewed(tmp_path: Path) -> None:
    """Each sign-in lasts two seconds, each answer half a one; the run goes on to its end."""
    record = tmp_path / "exchanges.jsonl"
    slow = az_world.write(tmp_path, latency={"seconds": 0.5})
    with az.serving(slow, "--token-life", "2", "--record", str(record)) as served:
        done = azremedy("find-rg", env=plain(**served["env"]))

    answers = [json.loads(line)["status"] for line in record.read_text("utf-8").splitlines()]
    assert (0, {200}) == (done.returncode, set(answers)), done.stderr
    assert 4 < len(answers)


def test_a_token_that_has_run_out_ends_with_5() -> None:
    """When no renewal helps, the refusal is one of the sign-in."""
    with az.serving("restore-point-limit", "--token-life", "0") as served:
        done = azremedy("find-rg", env=plain(**served["env"]))

    assert 5 == done.returncode, done.stderr
    assert "ExpiredAuthenticationToken" in done.stderr
