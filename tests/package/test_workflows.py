"""The project's own workflows, and those of the examples, are what their services take."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml
from jsonschema import Draft7Validator

Json: TypeAlias = Any

CHECKOUT = Path(__file__).resolve().parents[2]
FOLDER = CHECKOUT / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))
EXAMPLES = CHECKOUT / "examples" / "ci"


def load(path: Path) -> Json:
    """Read a workflow; YAML 1.1 takes the key 'on' for true, GitHub does not."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {"on" if key is True else key: value for key, value in document.items()}


def list_steps(workflow: Json) -> list[Json]:
    """List all steps of all jobs."""
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def list_errors(service: str, document: Json) -> list[str]:
    """List what a service's schema finds wrong; of the JSON Schema Store, in check-jsonschema."""
    folder = files("check_jsonschema").joinpath("builtin_schemas", "vendor")
    schema = json.loads(folder.joinpath(f"{service}.json").read_text(encoding="utf-8"))
    return [error.message for error in Draft7Validator(schema).iter_errors(document)]


@pytest.mark.parametrize(
    "path", [*WORKFLOWS, EXAMPLES / "github" / "azremedy.yml"], ids=lambda path: path.name
)
def test_github_takes_the_workflow(path: Path) -> None:
    """Each key and value is one that GitHub Actions knows."""
    assert [] == list_errors("github-workflows", load(path))


def test_azure_pipelines_takes_the_pipeline() -> None:
    """Each key and value is one that Azure Pipelines knows, to whom all scalars are strings."""
    path = EXAMPLES / "azure-pipelines" / "azremedy.yml"
    document = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - it makes strings only

    assert [] == list_errors("azure-pipelines", document)


@pytest.mark.parametrize("service", ["github-workflows", "azure-pipelines"])
def test_schemas_find_what_is_wrong(service: str) -> None:
    """A test that could not fail would prove nothing."""
    job = {"job": "x", "runs-on": "x", "steps": [{"bash": "x", "run": "x", "nonsense": "x"}]}

    assert list_errors(service, {"on": "push", "jobs": {"x": job}})


def test_tests_run_on_every_python_that_is_promised() -> None:
    """The matrix is the list of versions in pyproject.toml."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    told = [re.search(r"Python :: (3\.\d+)$", each) for each in project["classifiers"]]
    matrix = load(FOLDER / "ci.yml")["jobs"]["test"]["strategy"]["matrix"]["python"]

    assert [found[1] for found in told if found] == matrix
    assert f">={matrix[0]}" == project["requires-python"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_need_no_secret_and_hold_no_expression_in_a_script(path: Path) -> None:
    """Rights are asked for job by job; what a person can name never becomes part of a script."""
    text = path.read_text(encoding="utf-8")

    assert "secrets." not in text
    assert "pull_request_target" not in text
    for step in list_steps(load(path)):
        assert "${{" not in step.get("run", "")
        if step.get("uses", "").startswith("actions/checkout@"):
            assert {"persist-credentials": False} == step["with"]


def test_only_a_tag_publishes_and_only_what_was_built_and_tried() -> None:
    """The publishing job waits for a person, and for the script that builds and tries."""
    release = load(FOLDER / "release.yml")
    jobs = release["jobs"]
    assert {"push": {"tags": ["v*"]}} == release["on"]
    assert {} == release["permissions"]
    assert ".ci/release" in [step.get("run") for step in jobs["build"]["steps"]]
    assert ("build", "pypi") == (jobs["pypi"]["needs"], jobs["pypi"]["environment"])
    assert {"id-token": "write"} == jobs["pypi"]["permissions"]
    writers = {name for name, job in jobs.items() if "write" == job["permissions"].get("contents")}
    assert {"github"} == writers


def test_scripts_that_workflows_run_can_be_run() -> None:
    """They are there, executable, and Bash can read them."""
    named = {
        step["run"]
        for path in WORKFLOWS
        for step in list_steps(load(path))
        if step.get("run", "").startswith(".ci/")
    }

    assert {".ci/release"} == named
    for name in named:
        assert os.access(CHECKOUT / name, os.X_OK)
        subprocess.run(["bash", "-n", CHECKOUT / name], check=True)
