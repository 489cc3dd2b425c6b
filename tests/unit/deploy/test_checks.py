"""Does everything that checks the code call the same tools as a person does?"""

from __future__ import annotations

import json
import re

import yaml
from pre_commit.clientlib import load_config

from tests.unit.deploy.composition import ROOT

WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
JOBS = WORKFLOW["jobs"]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def steps() -> list[dict]:
    return [step for job in JOBS.values() for step in job["steps"]]


def test_the_workflow_runs_on_every_push_and_request_and_may_only_read():
    assert {"push", "pull_request"} <= WORKFLOW[True].keys()  # YAML 1.1 reads `on` as true
    assert WORKFLOW["permissions"] == {"contents": "read"}


def test_the_workflow_calls_the_targets_that_people_call():
    called = re.findall(r"make ([a-z-]+)", "\n".join(step.get("run", "") for step in JOBS["check"]["steps"]))
    assert called == ["setup", "lint", "test"]
    assert set(called) <= TARGETS
    asked = set(re.findall(r"^[^#\n]*\bmake ([a-z-]+)", (ROOT / ".ci/run").read_text(), re.MULTILINE))
    assert asked == {"lint", "test"}


def test_the_workflow_runs_on_linux_and_macos_with_the_oldest_python_and_a_newer_one():
    matrix = JOBS["check"]["strategy"]["matrix"]
    assert matrix["os"] == ["ubuntu-latest", "macos-latest"]
    oldest = re.search(r'requires-python = ">=([\d.]+)[",]', (ROOT / "pyproject.toml").read_text())[1]
    assert matrix["python"][0] == oldest
    assert len(matrix["python"]) == 2


def test_every_job_ends_some_time():
    assert all(job["timeout-minutes"] <= 60 for job in JOBS.values())


def test_actions_are_named_by_their_major_version():
    used = [step["uses"] for step in steps() if "uses" in step]
    assert used
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", name) for name in used)


def test_the_hooks_are_valid_and_fetch_nothing():
    config = load_config(ROOT / ".pre-commit-config.yaml")
    assert [repo["repo"] for repo in config["repos"]] == ["local"]
    entries = " ".join(hook["entry"] for hook in config["repos"][0]["hooks"])
    lint = (ROOT / "Makefile").read_text().split("\nlint:")[1].split("\n\n")[0]
    for tool in ("ruff check", "ruff format --check", "mypy", "lint-imports"):
        assert tool in entries
        assert tool in lint


def test_the_dev_container_builds_from_a_file_that_is_there_and_sets_up():
    container = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text())
    assert (ROOT / ".devcontainer" / container["build"]["dockerfile"]).is_file()
    assert "make setup" in container["postCreateCommand"]
    assert "USER dev" in (ROOT / ".devcontainer/Dockerfile").read_text().splitlines()
