"""The jobs that share a plan: each part is given once, as a command, and none is tried again.

Neither is started here: what a cluster or Container Apps makes of them is not proven.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from azremedy.domain.shards import Shard, parse_shard
from azremedy.gateways.blob_places import parse_place
from tests.support.command_lines import parse

Json: TypeAlias = Any

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SHARDS = 4
ALL = [Shard(index=index, count=SHARDS) for index in range(1, SHARDS + 1)]


def load_job() -> tuple[Json, Json]:
    """Give the service account and the Job."""
    text = EXAMPLES.joinpath("kubernetes", "apply.yaml").read_text(encoding="utf-8")
    account, job = yaml.safe_load_all(text)
    assert ("batch/v1", "Job") == (job["apiVersion"], job["kind"])
    return account, job["spec"]


def stand_in(folder: Path, name: str, script: str) -> dict[str, str]:
    """Put a script in the place of a program; give the environment in which it is found."""
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o700)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


def shard_of(arguments: list[str]) -> Shard:
    """Read which part a command line is for, and that it is one of azremedy's."""
    parse(arguments)
    assert {"apply", "--approve", "--concurrency"} <= set(arguments)
    return parse_shard(arguments[arguments.index("--shard") + 1])


def test_each_pod_has_a_part_of_its_own(tmp_path: Path) -> None:
    """Its index counts from 0, parts from 1; all pods together have the whole plan."""
    _, spec = load_job()
    (container,) = spec["template"]["spec"]["containers"]
    found = stand_in(tmp_path / "bin", "azremedy", 'printf "%s\\n" "$@"')
    named = {each["name"]: each["value"] for each in container["env"]}
    told = [
        subprocess.run(
            container["command"],
            env={**found, **named, "JOB_COMPLETION_INDEX": str(index)},
            capture_output=True,
            text=True,
            check=True,
        )
        for index in range(spec["completions"])
    ]

    assert str(spec["completions"]) == named["SHARDS"]
    assert ALL == [shard_of(each.stdout.split()) for each in told]
    assert "exec " in container["command"][-1]


def test_pods_end_in_good_order_and_are_not_started_again() -> None:
    """What was cut off is for a person; all may run at once, and one's end ends no other."""
    account, spec = load_job()
    pod = spec["template"]["spec"]

    assert "Indexed" == spec["completionMode"]
    assert (0, "Never") == (spec["backoffLimitPerIndex"], pod["restartPolicy"])
    assert spec["completions"] == spec["parallelism"] == spec["maxFailedIndexes"]
    assert 600 <= pod["terminationGracePeriodSeconds"]
    assert account["metadata"]["name"] == pod["serviceAccountName"]


def test_pods_are_nobody_in_particular_and_hold_no_secret() -> None:
    """They sign in by workload identity; the plan is mounted to be read."""
    account, spec = load_job()
    pod = spec["template"]["spec"]
    (container,) = pod["containers"]
    mounts = {each["name"]: each for each in container["volumeMounts"]}

    assert {"azure.workload.identity/use": "true"} == spec["template"]["metadata"]["labels"]
    assert "azure.workload.identity/client-id" in account["metadata"]["annotations"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert {"plan", "tmp"} == {each["name"] for each in pod["volumes"]} == set(mounts)
    assert mounts["plan"]["readOnly"]
    assert not any("CONNECTION" in each["name"] for each in container["env"])


def test_both_keep_their_runs_in_a_container() -> None:
    """The place is one that azremedy takes."""
    _, spec = load_job()
    app = yaml.safe_load(EXAMPLES.joinpath("container-apps", "job.yaml").read_text("utf-8"))
    containers = (
        *spec["template"]["spec"]["containers"],
        *app["properties"]["template"]["containers"],
    )
    states = [
        each["value"]
        for container in containers
        for each in container["env"]
        if each["name"] == "AZREMEDY_STATE"
    ]

    assert ["azremedy-runs"] * 2 == [parse_place(each).container for each in states]


def test_script_starts_a_job_of_container_apps_for_each_part(tmp_path: Path) -> None:
    """Each is made of the document with its own part put in, then started."""
    keep = f'[ "$3" = start ] || cp "$(echo "$@" | sed "s/.*--yaml //")" "{tmp_path}/$(date +%s%N)"'
    found = stand_in(tmp_path / "bin", "az", f'echo "$@"\n{keep}')
    done = subprocess.run(
        [EXAMPLES / "container-apps" / "start.sh", "rg-operations", "0" * 64, str(SHARDS)],
        env=found,
        capture_output=True,
        text=True,
        check=True,
    )

    kept = [yaml.safe_load(path.read_text()) for path in sorted(tmp_path.glob("[0-9]*"))]
    made = [each["properties"] for each in kept]
    assert ["create", "start"] * SHARDS == [line.split()[2] for line in done.stdout.splitlines()]
    assert [f"azremedy-{each.index}" for each in ALL for _ in range(2)] == re.findall(
        r"--name (\S+)", done.stdout
    )
    assert ALL == [shard_of(each["template"]["containers"][0]["args"]) for each in made]


def test_job_of_container_apps_is_whole_and_not_retried() -> None:
    """Its parts are those of Microsoft.App/jobs 2024-03-01; mounts and volumes fit."""
    job = yaml.safe_load(EXAMPLES.joinpath("container-apps", "job.yaml").read_text("utf-8"))
    properties = job["properties"]
    (container,) = properties["template"]["containers"]

    assert {"location", "identity", "properties"} == set(job)
    assert {"environmentId", "configuration", "template"} == set(properties)
    assert ("Manual", 0) == tuple(
        properties["configuration"][name] for name in ("triggerType", "replicaRetryLimit")
    )
    assert {"name", "image", "args", "env", "resources", "volumeMounts"} == set(container)
    assert [each["volumeName"] for each in container["volumeMounts"]] == [
        each["name"] for each in properties["template"]["volumes"]
    ]
