"""The server: Resource Manager and sign-in over TLS, managed identity over plain HTTP."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError, ResourceExistsError
from azure.identity import ClientSecretCredential
from azure.mgmt.resource.locks import ManagementLockClient
from azure.mgmt.resource.resources import ResourceManagementClient

from azremedy.sandbox import environment, scenario, server, tokens
from azremedy.sandbox.door import Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHECKOUT = Path(__file__).resolve().parents[3]
GROUP = "AzureBackupRG_westeurope_1"


@pytest.fixture
def file(small: dict[str, Any], tmp_path: Path) -> Path:
    """Write the small scenario, with an operation of forty seconds."""
    path = tmp_path / "small.json"
    slow = {"operations": {"deleteResourceGroup": {"seconds": 40, "retryAfter": 10}}}
    path.write_text(json.dumps(small | slow))
    return path


@pytest.fixture
def exchanges(tmp_path: Path) -> Path:
    """Name the file in which the server records."""
    return tmp_path / "served.jsonl"


@pytest.fixture
def served(file: Path, exchanges: Path) -> Iterator[server.Opened]:
    """Serve the small scenario."""
    setting = server.Setting(scenario=scenario.load(file), record=exchanges)
    with server.running(setting) as opened:
        yield opened


@pytest.fixture
def client(served: server.Opened, subscription: str) -> Iterator[Callable[..., Any]]:
    """Make SDK clients that sign in at the sandbox's own authority, and close them."""
    verify = served.ready["ca_bundle"]
    with ExitStack() as stack:

        def made(kind: Any, *secrets: str) -> Any:
            credential = ClientSecretCredential(
                tokens.TENANT,
                tokens.CALLER,
                *(secrets or ("any",)),
                authority=served.ready["authority"],
                disable_instance_discovery=True,
                connection_verify=verify,
            )
            arm = served.ready["arm"]
            opened = kind(credential, subscription, base_url=arm, connection_verify=verify)
            stack.callback(credential.close)
            return stack.enter_context(opened)

        yield made


def asked(served: server.Opened, method: str, path: str, **options: Any) -> requests.Response:
    """Send a bare request that trusts the sandbox's authority and nothing else."""
    return requests.request(
        method, served.ready["arm"] + path, verify=served.ready["ca_bundle"], timeout=10, **options
    )


def child(served: server.Opened, code: str) -> str:
    """Run a program with the environment that the server gives out."""
    inherited = environment.without_azure(os.environ)
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**inherited, **served.ready["env"], "ARM": served.ready["arm"]},
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout.strip()


def test_sdk_clients_sign_in_and_work(
    client: Callable[..., Any],
    exchanges: Path,
    contract_check: Callable[[Path], str],
) -> None:
    """Token, list, refusal, deletion and polls, all over TLS, and all within the contract."""
    locks = client(ManagementLockClient).management_locks
    groups = client(ResourceManagementClient).resource_groups

    assert [lock.name for lock in locks.list_at_subscription_level()] == ["keep"]
    with pytest.raises(ResourceExistsError, match="ScopeLocked"):
        groups.begin_delete(GROUP)
    locks.delete_at_resource_group_level(GROUP, "keep")
    groups.begin_delete(GROUP).wait()
    assert not groups.check_existence(GROUP)
    assert contract_check(exchanges).endswith(" 0 violations")


def test_a_wrong_secret_is_refused_as_entra_does(client: Callable[..., Any]) -> None:
    """One secret is kept for rehearsing a failed sign-in."""
    groups = client(ResourceManagementClient, "wrong").resource_groups

    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
        groups.get(GROUP)


def test_the_environment_is_enough_for_default_credentials(served: server.Opened) -> None:
    """A program that knows only the variables lists the groups."""
    code = (
        "import os\n"
        "from azure.identity import DefaultAzureCredential\n"
        "from azure.mgmt.resource.resources import ResourceManagementClient as C\n"
        "credential = DefaultAzureCredential(disable_instance_discovery=True)\n"
        "c = C(credential, os.environ['AZURE_SUBSCRIPTION_ID'], base_url=os.environ['ARM'])\n"
        "print(sorted(g.name for g in c.resource_groups.list()))\n"
    )

    assert child(served, code) == str([GROUP, "rg-App"])


def test_managed_identity_is_served_without_tls(served: server.Opened) -> None:
    """The identity endpoint of virtual machines is plain HTTP, here as there."""
    code = (
        "from azure.identity import ManagedIdentityCredential\n"
        "print(ManagedIdentityCredential().get_token('https://management.azure.com/.default').token.count('.'))\n"
    )

    assert child(served, code) == "2"


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/metadata/identity/oauth2/token?resource=r", {"Metadata": "true"}, 200),
        ("/metadata/identity/oauth2/token?resource=r", {}, 400),
        ("/metadata/identity/oauth2/token", {"Metadata": "true"}, 400),
        ("/msi/token?resource=r", {"X-IDENTITY-HEADER": "x"}, 200),
        ("/msi/token?resource=r", {}, 400),
        ("/subscriptions", {"Authorization": "Bearer x"}, 404),
    ],
)
def test_the_plain_door_serves_identity_only(
    served: server.Opened, path: str, headers: dict[str, str], status: int
) -> None:
    """It asks for the header that keeps other software out; no Resource Manager is behind it."""
    identity = served.ready["env"]["AZURE_POD_IDENTITY_AUTHORITY_HOST"]

    assert requests.get(identity + path, headers=headers, timeout=10).status_code == status


@pytest.mark.parametrize("version", ["2015-01-01", "2019-05-01", "2022-09-01"])
def test_the_cloud_describes_itself(served: server.Opened, version: str) -> None:
    """Each form of the metadata leads sign-in back to the sandbox."""
    found = asked(served, "GET", f"/metadata/endpoints?api-version={version}").json()

    cloud = found[0] if isinstance(found, list) else found
    assert isinstance(found, list) is (version == "2019-05-01")
    assert cloud["authentication"]["loginEndpoint"] == served.ready["authority"]


def test_the_authority_describes_itself(served: server.Opened) -> None:
    """Discovery names the token endpoint, and the token endpoint gives old and new tokens."""
    found = asked(served, "GET", "/t/v2.0/.well-known/openid-configuration").json()
    instances = asked(served, "GET", "/common/discovery/instance?api-version=1.1").json()
    old = {"grant_type": "refresh_token", "resource": "https://management.azure.com/"}

    token = asked(served, "POST", "/t/oauth2/token", data=old).json()

    assert found["token_endpoint"] == f"{served.ready['arm']}/t/oauth2/v2.0/token"
    assert instances["tenant_discovery_endpoint"].startswith(served.ready["arm"])
    assert token["resource"] == old["resource"]
    assert token["refresh_token"]
    assert int(token["expires_on"]) > 0


def test_the_world_can_be_read_and_moved(served: server.Opened) -> None:
    """The sandbox's own two operations need no token."""
    before = asked(served, "GET", "/_sandbox/world").json()

    moved = asked(served, "POST", "/_sandbox/advance", json={"seconds": 3600}).json()

    assert before["now"].startswith("2026-11-20T08:00:0")
    assert moved["now"].startswith("2026-11-20T09:00:0")
    assert len(before["resources"]) == 5


@pytest.mark.parametrize("body", [b"", b"{}", b'{"seconds": -1}', b'{"seconds": 1e99}', b"[1]"])
def test_a_bad_move_is_refused(served: server.Opened, body: bytes) -> None:
    """Time goes forward, by a number, within reason."""
    assert asked(served, "POST", "/_sandbox/advance", data=body).status_code == 400


def test_the_certificate_is_private_and_goes_away(file: Path) -> None:
    """The files are the owner's only and last as long as the server."""
    with server.running(server.Setting(scenario=scenario.load(file))) as opened:
        bundle = opened.ca_bundle
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (bundle, bundle.parent)]

    assert modes == [0o600, 0o700]
    assert not bundle.parent.exists()


def test_a_taken_port_is_an_error(file: Path) -> None:
    """The caller hears of it; nothing is left running."""
    with socket.socket() as taken:
        taken.bind((server.LOOPBACK, 0))
        taken.listen()
        setting = server.Setting(scenario=scenario.load(file), port=taken.getsockname()[1])
        with pytest.raises(OSError, match="in use"), server.running(setting):
            pass


def test_a_broken_connection_reaches_the_client(small: dict[str, Any], tmp_path: Path) -> None:
    """A fault that loses the answer closes the connection; others go on."""
    path = tmp_path / "faulty.json"
    faults = [{"lose": "response"}, {"delay": 0.01}]
    path.write_text(json.dumps(small | {"faults": faults, "latency": {"seconds": 0.01}}))
    with server.running(server.Setting(scenario=scenario.load(path))) as opened:
        with pytest.raises(requests.ConnectionError):
            asked(opened, "GET", "/subscriptions?api-version=2022-12-01")
        late = asked(opened, "GET", "/subscriptions?api-version=2022-12-01")
        after = asked(opened, "GET", "/subscriptions?api-version=2022-12-01")

    assert (late.status_code, after.status_code) == (401, 401)


def test_serve_says_when_it_is_ready_and_ends_on_a_signal(file: Path) -> None:
    """One call blocks, tells what clients need, and leaves on SIGTERM."""
    code = (
        "import json, sys\n"
        "from azremedy.sandbox import scenario, server\n"
        "loaded = scenario.load(sys.argv[1])\n"
        "setting = server.Setting(scenario=loaded)\n"
        "server.serve(setting, lambda ready: print(json.dumps(ready), flush=True))\n"
        "print('ended')\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(file)], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()

    assert set(ready) == {"arm", "authority", "ca_bundle", "env"}
    assert (rest, process.returncode) == ("ended\n", 0)


def test_serving_ends_within_its_own_process_too(file: Path) -> None:
    """The signal is taken while serving and given back afterwards."""
    told: list[Any] = []

    def ready(document: Any) -> None:
        told.append(document)
        os.kill(os.getpid(), signal.SIGTERM)

    server.serve(server.Setting(scenario=scenario.load(file)), ready)

    assert len(told) == 1
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_world_time_follows_real_time_at_its_speed() -> None:
    """A pace of sixty turns a second into a minute."""
    moments = iter([10.0, 11.0, 11.5])
    pace = Pace(speed=60, monotonic=lambda: next(moments))

    assert [pace.world_seconds() for _ in range(3)] == [0.0, 60.0, 30.0]
