"""Does a worker start on the host that somebody has named, and on no other?"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import build
from shared.errors import CallsheetError, Invalid, NotConfigured


@pytest.fixture
def home(tmp_path: Path, monkeypatch) -> Path:
    """A home of its own, on a machine with Safari."""
    for name in ("DATABASE_URL", "WORKER_DATABASE_URL", "REDIS_URL", "HOST_NAME"):
        monkeypatch.delenv(f"CALLSHEET_{name}", raising=False)
    monkeypatch.setenv("CALLSHEET_HOME", str(tmp_path))
    monkeypatch.setenv("CALLSHEET_SAFARI", "on")
    return tmp_path


@pytest.fixture
def named(home: Path, monkeypatch) -> Path:
    """A home on a machine with a name of its own."""
    monkeypatch.setenv("CALLSHEET_HOST_NAME", "studio-mac")
    return home


@pytest.fixture
def started(monkeypatch) -> list[tuple[list[str], dict[str, str]]]:
    """What this process would have become."""
    seen: list[tuple[list[str], dict[str, str]]] = []
    monkeypatch.setattr(os, "execve", lambda _program, words, environment: seen.append((words[1:], environment)))
    return seen


def run(*words: str) -> CallsheetError | None:
    done = CliRunner().invoke(build("worker"), ["worker", *words])
    assert done.exception is None or isinstance(done.exception, CallsheetError), done.output
    return done.exception


def test_the_named_host_starts_its_pool_under_its_name(named, started):
    assert run("safari", "--host", "studio-mac") is None
    ((words, environment),) = started
    assert words == ["-m", "workers.pools", "safari"]
    assert environment["CALLSHEET_HOST_NAME"] == "studio-mac"


def test_the_machine_that_everything_runs_on_is_the_host_local(home, started):
    assert run("safari", "--host", "local") is None
    assert run("keeper") is None
    assert [words[1] for words, _ in started] == ["workers.pools", "workers.keeper"]


def test_another_host_is_refused_by_name(named, started):
    refused = run("safari", "--host", "attic")
    assert isinstance(refused, Invalid)
    assert refused.message.startswith("This machine is the host studio-mac, not attic")
    assert started == []


def test_a_machine_that_joined_is_told_what_it_runs(home, started):
    refused = run("safari", "--host", "studio-mac")
    assert isinstance(refused, Invalid)
    assert "callsheet host run" in refused.message
    assert started == []


def test_without_safari_its_lane_is_refused_and_no_other(named, started, monkeypatch):
    monkeypatch.setenv("CALLSHEET_SAFARI", "off")
    refused = run("safari", "--host", "studio-mac")
    assert isinstance(refused, NotConfigured)
    assert refused.setting == "CALLSHEET_SAFARI"
    assert run("instagram", "--host", "studio-mac") is None
    assert len(started) == 1
