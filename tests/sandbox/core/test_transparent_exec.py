"""Running unmodified programs against a world."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from azremedy.sandbox import proxy

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.sandbox.scenario import Scenario
    from tests.sandbox.conftest import OpenWorld


@pytest.fixture
def loaded(open_world: OpenWorld, small: dict[str, Any]) -> Scenario:
    """Give the small scenario."""
    return open_world(small).world.scenario


def run(loaded: Scenario, code: str, **parent: str) -> tuple[int, list[str]]:
    """Run a Python program; give its exit code and the hosts that it was refused."""
    refused: list[str] = []
    argv = [sys.executable, "-c", code]
    status = proxy.exec_program(
        loaded, argv, parent={**os.environ, **parent}, refused=refused.append
    )
    return status, refused


def test_an_unmodified_program_meets_the_world(loaded: Scenario, tmp_path: Path) -> None:
    """Public-cloud defaults and a default credential without arguments lead to the sandbox."""
    out = tmp_path / "out"
    code = (
        "import os, sys\n"
        "from azure.identity import DefaultAzureCredential\n"
        "from azure.mgmt.resource.resources import ResourceManagementClient as C\n"
        "c = C(DefaultAzureCredential(), os.environ['AZURE_SUBSCRIPTION_ID'])\n"
        f"open({str(out)!r}, 'w').write(','.join(g.name for g in c.resource_groups.list()))\n"
        "sys.exit(7)\n"
    )

    status, refused = run(loaded, code)

    assert (status, refused) == (7, [])
    assert out.read_text() == "AzureBackupRG_westeurope_1,rg-App"


def test_every_other_host_is_refused(loaded: Scenario) -> None:
    """Neither TLS nor plain HTTP leads out of the sandbox."""
    code = (
        "import requests\n"
        "for url in ('https://example.com/a', 'http://example.com/b'):\n"
        "    try:\n"
        "        answer = requests.get(url, timeout=10)\n"
        "        assert answer.status_code == 403\n"
        "    except requests.ConnectionError:\n"
        "        pass\n"
    )

    status, refused = run(loaded, code)

    assert (status, refused) == (0, ["example.com:443", "http://example.com/b"])


def test_the_users_own_sign_in_does_not_reach_the_child(loaded: Scenario, tmp_path: Path) -> None:
    """Credentials, proxies and the Azure CLI's folder of the parent are kept away from it."""
    out = tmp_path / "out"
    code = (
        "import os\n"
        "e = os.environ\n"
        "seen = [e['AZURE_CLIENT_SECRET'], e.get('ARM_CLIENT_SECRET'), e['no_proxy'],"
        " e['AZURE_CONFIG_DIR'], e['KEPT']]\n"
        f"open({str(out)!r}, 'w').write(repr(seen))\n"
    )

    run(
        loaded,
        code,
        AZURE_CLIENT_SECRET="canary",
        ARM_CLIENT_SECRET="canary",
        AZURE_CONFIG_DIR="canary",
        no_proxy="canary",
        KEPT="kept",
    )

    assert "canary" not in out.read_text()
    assert "'kept'" in out.read_text()


def test_a_program_that_does_not_exist_is_an_error(loaded: Scenario) -> None:
    """The caller hears of it and nothing is left running."""
    with pytest.raises(FileNotFoundError):
        proxy.exec_program(loaded, ["/none/such"], parent={}, refused=print)


def test_a_client_that_hangs_up_harms_nobody(loaded: Scenario) -> None:
    """Half a request and a closed tunnel are part of life."""
    code = (
        "import os, socket\n"
        "from urllib.parse import urlsplit\n"
        "p = urlsplit(os.environ['HTTPS_PROXY'])\n"
        "for head in (b'CONNECT', b'CONNECT management.azure.com:443 HTTP/1.1\\r\\n\\r\\n'):\n"
        "    with socket.create_connection((p.hostname, p.port)) as s:\n"
        "        s.sendall(head)\n"
        "        s.shutdown(socket.SHUT_WR)\n"
        "        s.recv(100)\n"
    )

    assert run(loaded, code) == (0, [])
