"""Do the scripts in deploy/ do what their first lines say?"""

from __future__ import annotations

import importlib.util
import os
import re
import stat
import subprocess
import sys
import time

import pytest

from shared.crypto import parse_keyring
from shared.settings import Settings
from tests.unit.deploy import composition
from tests.unit.deploy.composition import ROOT

SHELL = ["deploy/new-env.sh", "deploy/pool-with-keeper", "deploy/postgres/roles.sh", "deploy/prove.sh"]


def load(name: str):
    spec = importlib.util.spec_from_file_location(name, ROOT / "deploy" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", SHELL)
def test_a_shell_can_read_it(path):
    subprocess.run(["sh", "-n", path], cwd=ROOT, check=True)
    assert os.access(ROOT / path, os.X_OK) or path == "deploy/new-env.sh"


def make_env(path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", "deploy/new-env.sh", str(path)], cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_new_env_has_every_needed_value_and_is_its_owners_alone(tmp_path):
    assert make_env(tmp_path / ".env").returncode == 0
    text = (tmp_path / ".env").read_text()
    values = dict(line.split("=", 1) for line in text.splitlines() if re.match("[A-Z]", line))
    assert values.keys() == composition.example_names()[0]
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    assert len(parse_keyring(values.pop("CALLSHEET_KEYS")).keys) == 1
    assert all(re.fullmatch("[0-9a-f]{48}", value) for value in values.values())
    assert len(set(values.values())) == len(values)
    composition.resolved(values | {"CALLSHEET_KEYS": "k"})


def test_an_env_that_is_there_stays(tmp_path):
    (tmp_path / ".env").write_text("CALLSHEET_KEYS=old\n")
    done = make_env(tmp_path / ".env")
    assert done.returncode == 1
    assert "there already" in done.stderr
    assert (tmp_path / ".env").read_text() == "CALLSHEET_KEYS=old\n"


def test_a_keeper_that_ends_starts_again_and_a_signal_reaches_the_pool(tmp_path):
    (tmp_path / "python").write_text('#!/bin/sh\necho "$@" >>"$NOTES"\nexit 1\n')
    (tmp_path / "callsheet").write_text('#!/bin/sh\ntrap "echo told >>$NOTES; exit 7" TERM\necho "$@" >>"$NOTES"\n'
                                        "while :; do sleep 0.05; done\n")  # fmt: skip
    (tmp_path / "sleep").write_text(f'#!/bin/sh\nexec {sys.executable} -c "import time; time.sleep(0.05)"\n')
    for name in ("python", "callsheet", "sleep"):
        (tmp_path / name).chmod(0o755)
    notes = tmp_path / "notes"
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "NOTES": str(notes)}
    command = ["sh", str(ROOT / "deploy/pool-with-keeper"), "tiktok"]
    process = subprocess.Popen(command, env=environment, start_new_session=True)
    try:
        patience = time.monotonic() + 20
        while time.monotonic() < patience:
            said = notes.read_text().splitlines() if notes.exists() else []
            if said.count("-m workers.keeper") > 1 and "worker tiktok" in said:
                break
        assert said.count("-m workers.keeper") > 1
        process.terminate()
        assert process.wait(10) == 7
        assert "told" in notes.read_text().splitlines()
    finally:
        os.killpg(process.pid, 9)


def test_a_part_that_does_not_answer_is_not_well():
    health = load("health")
    with pytest.raises(OSError, match="refused"):
        health.problem(Settings(port=1), "gateway", "")
    assert health.problem(Settings(), "kitchen", "") == "there is no part 'kitchen'"


def test_a_host_is_named_with_a_platform_that_exists(capsys):
    found = load("found")
    asked = found.arguments(["--workspace", "studio", "--host", "instagram=browsers-1", "--host", "tiktok=browsers-2"])
    assert asked.host == [("instagram", "browsers-1"), ("tiktok", "browsers-2")]
    with pytest.raises(SystemExit):
        found.arguments(["--workspace", "studio", "--host", "myspace=browsers-1"])
    assert "instagram, sora, threads, tiktok, x" in capsys.readouterr().err
