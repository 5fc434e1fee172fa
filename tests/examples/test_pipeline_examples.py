"""The pipelines' steps run as they are written, in rehearsals, and mend a VM."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml

Json: TypeAlias = Any

CI = Path(__file__).resolve().parents[2] / "examples" / "ci"
SUBSCRIPTION = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"
REHEARSE = """
azremedy() {
  case "$1" in
    report) command azremedy "$@" --rehearsals ;;
    *) command azremedy "$@" --sandbox restore-point-limit ;;
  esac
}
export -f azremedy
"""
CAUSE = "UserErrorRpCollectionLimitReached"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What became of a script of its own."""

    code: int
    out: str
    err: str
    folder: Path

    def read(self, name: str) -> Json:
        """Read a JSON document that it left."""
        return json.loads(self.folder.joinpath(name).read_text(encoding="utf-8"))


def run_rehearsal(script: str, folder: Path, environ: dict[str, str]) -> Ran:
    """Run a Bash script in which each azremedy works in a fresh world, the same for all."""
    tools = str(Path(sys.executable).parent)
    done = subprocess.run(
        ["bash", "-eu", "-c", f"{REHEARSE}\n{script}"],
        env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", **environ},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return Ran(code=done.returncode, out=done.stdout, err=done.stderr, folder=folder)


def call(*steps: str) -> str:
    """Write a script that runs each step in a shell of its own, as an agent does."""
    return "\n".join(f"bash -e -c {shlex.quote(step)}" for step in steps)


def load(name: str) -> Json:
    """Read a workflow."""
    return yaml.safe_load(CI.joinpath(name).read_text(encoding="utf-8"))


def github_steps(job: str) -> dict[str, Json]:
    """Give a job's steps that run a script, by name."""
    steps = load("github/azremedy.yml")["jobs"][job]["steps"]
    return {step["name"]: step for step in steps if "run" in step}


def azure_steps(stage: int) -> dict[str, str]:
    """Give a stage's scripts by the names of their steps."""
    (job,) = load("azure-pipelines/azremedy.yml")["stages"][stage]["jobs"]
    steps = job.get("steps") or job["strategy"]["runOnce"]["deploy"]["steps"]
    return {
        step["displayName"]: step.get("bash") or step["inputs"]["inlineScript"]
        for step in steps
        if "displayName" in step
    }


@pytest.mark.skipif(os.name == "nt", reason="the workflows' shell is Bash")
def test_github_steps_mend_a_vm_by_the_approved_fingerprint(tmp_path: Path) -> None:
    """Scan, plan, apply and report, as written, mend the VM and leave what a reviewer reads."""
    planning, applying = github_steps("plan"), github_steps("apply")
    script = "\n".join(
        (
            f"export AZREMEDY_READ_ONLY={planning['Scan']['env']['AZREMEDY_READ_ONLY']}",
            call(planning["Scan"]["run"], planning["Plan"]["run"]),
            "unset AZREMEDY_READ_ONLY",
            "export FINGERPRINT=$(sed -n s/^fingerprint=//p outputs)",
            call(applying["Apply"]["run"], applying["Report"]["run"]),
        )
    )
    environ = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_OUTPUT": "outputs",
        "GITHUB_STEP_SUMMARY": "summary.md",
        "AZREMEDY_STATE_DIR": "azremedy-state",
        "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
        "CAUSE": CAUSE,
    }

    ran = run_rehearsal(script, tmp_path, environ)

    assert 0 == ran.code, ran.err
    outputs = tmp_path.joinpath("outputs").read_text(encoding="utf-8").splitlines()
    assert ["count=1", f"fingerprint={ran.read('plan.json')['fingerprint']}"] == outputs
    assert "done" == ran.read("run.json")["state"]
    for name in ("scan.html", "plan.html", "run.html", "run.xml"):
        assert tmp_path.joinpath(name).stat().st_size > 0
    summary = tmp_path.joinpath("summary.md").read_text(encoding="utf-8")
    assert ["Nothing was changed", "Done"] == re.findall(
        r"^# azremedy fix: ([\w ]+\w)", summary, re.MULTILINE
    )


@pytest.mark.skipif(os.name == "nt", reason="the pipelines' shell is Bash")
def test_azure_pipelines_steps_mend_a_vm_by_the_approved_fingerprint(tmp_path: Path) -> None:
    """The same in Azure Pipelines, whose artefacts come back in a folder of their own."""
    planning, applying = azure_steps(0), azure_steps(1)
    script = "\n".join(
        (
            "export AZREMEDY_READ_ONLY=1",
            call(planning["Scan"], planning["Plan"], planning["Gather"]),
            "unset AZREMEDY_READ_ONLY",
            "export FINGERPRINT=$(jq -r .fingerprint plan/plan.json)",
            call(applying["Apply"], applying["Keep the journal"], applying["Report"]),
        )
    )
    environ = {
        "TF_BUILD": "True",
        "AGENT_TEMPDIRECTORY": str(tmp_path),
        "PIPELINE_WORKSPACE": str(tmp_path),
        "AZREMEDY_STATE_DIR": "azremedy-state",
        "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
        "CAUSE": CAUSE,
    }

    ran = run_rehearsal(script, tmp_path, environ)

    assert 0 == ran.code, ran.err
    assert "##vso[task.setvariable variable=count]1\n" in ran.out
    fingerprint = ran.read("plan/plan.json")["fingerprint"]
    told = f"##vso[task.setvariable variable=fingerprint;isOutput=true]{fingerprint}\n"
    assert told in ran.out
    assert "done" == ran.read("run/run.json")["state"]
    assert tmp_path.joinpath("run", "run.xml").stat().st_size > 0
    assert 1 == len([*tmp_path.glob("journal/**/journal.jsonl")])
    summaries = re.findall(r"^##vso\[task\.uploadsummary\](.+)$", ran.out + ran.err, re.MULTILINE)
    assert 3 == len([path for path in summaries if Path(path).is_file()])


@pytest.mark.skipif(os.name == "nt", reason="the pipelines' shell is Bash")
@pytest.mark.parametrize("told", [None, "", '{"runId": "20'])
def test_azure_pipelines_keep_the_journal_of_a_killed_run(tmp_path: Path, told: str | None) -> None:
    """Whatever it lived to say on stdout: without its journal nobody can take it up."""
    kept = tmp_path.joinpath("azremedy-state", "runs", "20261120T080000Z-x", "journal.jsonl")
    kept.parent.mkdir(parents=True)
    kept.write_text("{}\n")
    if told is not None:
        tmp_path.joinpath("run.json").write_text(told)

    script = call(azure_steps(1)["Keep the journal"])
    ran = run_rehearsal(script, tmp_path, {"AZREMEDY_STATE_DIR": "azremedy-state"})

    assert 0 == ran.code, ran.err
    assert "{}\n" == ran.folder.joinpath("journal", *kept.parts[-3:]).read_text()


def test_azure_pipelines_publish_the_journal_first_and_always() -> None:
    """Right behind the run, before what may fail; a second attempt has a name of its own."""
    (deployment,) = load("azure-pipelines/azremedy.yml")["stages"][1]["jobs"]
    steps = deployment["strategy"]["runOnce"]["deploy"]["steps"]
    at = [step.get("displayName") for step in steps].index("Apply")
    keep, publish = steps[at + 1 : at + 3]

    assert "Keep the journal" == keep["displayName"]
    assert ("journal", "journal-$(System.JobAttempt)") == (publish["publish"], publish["artifact"])
    assert {"always()"} == {step.get("condition") for step in steps[at + 1 :]}


def test_github_workflow_applies_only_what_the_environment_approved() -> None:
    """The applying job waits for an environment, needs the plan, and signs in without a secret."""
    text = CI.joinpath("github", "azremedy.yml").read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    plan, apply = workflow["jobs"]["plan"], workflow["jobs"]["apply"]

    assert {"contents": "read", "id-token": "write"} == workflow["permissions"]
    assert ("plan", "backup-repair") == (apply["needs"], apply["environment"])
    assert "environment" not in plan
    assert "needs.plan.outputs.fingerprint != ''" == apply["if"]
    assert "secrets." not in text
    for step in (*plan["steps"], *apply["steps"]):
        assert 1 == len({"run", "uses"} & step.keys())
        assert "${{" not in step.get("run", ""), "an expression in a script is an injection"
        if "uses" in step:
            assert re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step["uses"])


def test_github_workflow_refers_only_to_what_it_defines() -> None:
    """Each step and job output that an expression names is defined, before it is used."""
    workflow = load("github/azremedy.yml")
    for name, job in workflow["jobs"].items():
        ids = {step["id"] for step in job["steps"] if "id" in step}
        named = re.findall(r"steps\.(\w+)\.outputs\.(\w+)", json.dumps(job))
        for step, output in named:
            assert step in ids
            (written,) = (each["run"] for each in job["steps"] if each.get("id") == step)
            assert f'"{output}=$' in written
        needed = set(re.findall(r"needs\.(\w+)\.outputs\.(\w+)", json.dumps(job)))
        assert needed <= {
            (other, output)
            for other, each in workflow["jobs"].items()
            for output in each.get("outputs", {})
        }, name


def test_azure_pipeline_applies_only_what_the_environment_approved() -> None:
    """The applying stage is a deployment to an environment, and uses the other connection."""
    pipeline = load("azure-pipelines/azremedy.yml")
    planning, applying = pipeline["stages"]
    (deployment,) = applying["jobs"]
    deploying = deployment["strategy"]["runOnce"]["deploy"]["steps"]

    assert ("backup-repair", "plan") == (deployment["environment"], applying["dependsOn"])
    assert ["azremedy-reader", "azremedy-reader"] == list_connections(planning["jobs"][0]["steps"])
    assert ["azremedy-operator"] == list_connections(deploying)
    assert "none" == pipeline["trigger"]


def list_connections(steps: list[Json]) -> list[str]:
    """List the service connections that steps sign in with."""
    return [
        step["inputs"]["azureSubscription"] for step in steps if step.get("task") == "AzureCLI@2"
    ]
