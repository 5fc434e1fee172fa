"""The Kubernetes CronJob and the Dockerfile: their commands are commands, and nothing runs as root.

Neither is started here: what a cluster or a builder makes of them is not proven.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, TypeAlias

import yaml
from click.testing import CliRunner

from azremedy.cli.main import cli
from tests.support.command_lines import parse

Json: TypeAlias = Any

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
DOCKERFILE = EXAMPLES / "docker" / "Dockerfile"
NO_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
WORLDS_OWN = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"


def load_job() -> tuple[Json, Json]:
    """Give the service account and the pod of the CronJob."""
    text = EXAMPLES.joinpath("kubernetes-cronjob", "scan.yaml").read_text(encoding="utf-8")
    account, job = yaml.safe_load_all(text)
    assert ("batch/v1", "CronJob") == (job["apiVersion"], job["kind"])
    assert "Forbid" == job["spec"]["concurrencyPolicy"]
    return account, job["spec"]["jobTemplate"]["spec"]["template"]


def list_instructions() -> list[tuple[str, str]]:
    """List the Dockerfile's instructions."""
    lines = DOCKERFILE.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    told = [line for line in lines if line and not line.startswith("#")]
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in told)]


def test_cronjob_scans_a_world_and_fails_where_backups_fail() -> None:
    """Its arguments, in a rehearsal, exit 10: the job counts as failed."""
    _, pod = load_job()
    (container,) = pod["spec"]["containers"]
    given = [WORLDS_OWN if each == NO_SUBSCRIPTION else each for each in container["args"]]

    ran = CliRunner().invoke(cli, [*given, "--sandbox", "restore-point-limit"])

    assert 10 == ran.exit_code
    assert "azremedy.scan/1" == json.loads(ran.stdout)["schema"]


def test_cronjob_signs_in_by_workload_identity_and_not_as_root() -> None:
    """No secret is mounted; what it writes to is a volume."""
    account, pod = load_job()
    spec = pod["spec"]
    (container,) = spec["containers"]
    mounts = {each["name"]: each["mountPath"] for each in container["volumeMounts"]}

    assert account["metadata"]["name"] == spec["serviceAccountName"]
    assert {"azure.workload.identity/use": "true"} == pod["metadata"]["labels"]
    assert "azure.workload.identity/client-id" in account["metadata"]["annotations"]
    assert spec["securityContext"]["runAsNonRoot"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert {"state", "tmp"} == {each["name"] for each in spec["volumes"]} == set(mounts)
    assert all(
        any(each["value"].startswith(mount) for mount in mounts.values())
        for each in container["env"]
    )


def test_dockerfile_ends_as_a_user_that_the_cronjob_knows() -> None:
    """Each instruction is one of Docker's, and the container's user is the pod's."""
    instructions = list_instructions()
    _, pod = load_job()
    known = {"FROM", "RUN", "COPY", "ENV", "USER", "VOLUME", "WORKDIR", "ENTRYPOINT", "CMD"}

    assert set() == {word for word, _ in instructions} - known
    (user,) = (rest for word, rest in instructions if word == "USER")
    assert pod["spec"]["securityContext"]["runAsUser"] == int(user)
    assert all(re.search(r":\d", rest) for word, rest in instructions if word == "FROM")


def test_dockerfiles_commands_are_commands() -> None:
    """What it runs without arguments, and what its comment says, can be parsed."""
    (entry,) = (json.loads(rest) for word, rest in list_instructions() if word == "ENTRYPOINT")
    text = DOCKERFILE.read_text(encoding="utf-8")

    assert ["azremedy"] == entry
    for line in re.findall(r"docker run --rm azremedy (.+)", text):
        parse(line.split())
