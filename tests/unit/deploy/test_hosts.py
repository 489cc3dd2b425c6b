"""Does a joined host start by itself, end in good order, and stay out once it is shut out?"""

from __future__ import annotations

import configparser
import plistlib
import shutil
import subprocess
from pathlib import Path

import pytest

from host.membership import SHUT_OUT
from host.program import STOPS_WITHIN_S
from tests.unit.deploy.composition import ROOT

CLOSES_WITHIN_S = 15  # browsers, once nothing runs any more


@pytest.fixture
def mac(tmp_path: Path) -> Path:
    """A folder with a checkout whose name needs care, and a Mac's commands that note how they are called."""
    source = tmp_path / "A & B|C"
    shutil.copytree(ROOT / "deploy/macos", source / "deploy/macos")
    for path in ("bin/launchctl", "bin/make", "A & B|C/.venv/bin/callsheet"):
        command = tmp_path / path
        command.parent.mkdir(parents=True, exist_ok=True)
        command.write_text(f'#!/bin/sh\necho "{command.name} $*" >> "{tmp_path}/called"\n')
        command.chmod(0o755)
    (tmp_path / "bin/uname").write_text("#!/bin/sh\necho Darwin\n")
    (tmp_path / "bin/uname").chmod(0o755)
    return tmp_path


def install(mac: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": f"{mac}/bin:/usr/bin:/bin", "HOME": str(mac), "CALLSHEET_HOME": str(mac / "home")}
    command = ["sh", str(mac / "A & B|C/deploy/macos/install.sh"), *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def agents(mac: Path) -> list[str]:
    return sorted(path.name for path in (mac / "Library/LaunchAgents").iterdir())


def test_a_mac_joins_and_gets_one_agent_in_the_place_of_those_before(mac):
    (mac / "Library/LaunchAgents").mkdir(parents=True)
    (mac / "Library/LaunchAgents/org.callsheet.keeper.plist").touch()
    (mac / "home").mkdir()
    (mac / "home/host.json").touch()

    done = install(mac, "https://callsheet.example.org", "csh_x")

    assert done.returncode == 0, done.stderr
    called = (mac / "called").read_text().splitlines()
    assert "callsheet host join https://callsheet.example.org csh_x" in called
    assert called[-1].startswith("launchctl bootstrap gui/")
    assert agents(mac) == ["org.callsheet.host.plist"]
    agent = plistlib.loads((mac / "Library/LaunchAgents/org.callsheet.host.plist").read_bytes())
    assert agent["ProgramArguments"] == [
        str(mac / "A & B|C/.venv/bin/callsheet"), "host", "run", "--shut-out-code", "0",
    ]  # fmt: skip
    assert agent["KeepAlive"] == {"SuccessfulExit": False}
    assert agent["ExitTimeOut"] >= STOPS_WITHIN_S + CLOSES_WITHIN_S
    assert agent["Umask"] == 0o077
    assert agent["EnvironmentVariables"]["CALLSHEET_HOME"] == str(mac / "home")
    assert install(mac, "--remove").returncode == 0
    assert agents(mac) == []


def test_a_mac_that_has_not_joined_is_told_how(mac):
    done = install(mac)
    assert done.returncode == 1
    assert "has not joined" in done.stderr


def test_the_unit_of_linux_starts_it_again_unless_it_was_shut_out_and_lets_it_end():
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str
    unit.read(ROOT / "deploy/linux/callsheet-host.service")
    service = unit["Service"]
    assert service["ExecStart"].endswith("/callsheet host run")
    assert service["Restart"] == "always"
    assert int(service["RestartPreventExitStatus"]) == SHUT_OUT
    assert service["KillMode"] == "mixed"
    assert int(service["TimeoutStopSec"]) >= STOPS_WITHIN_S + CLOSES_WITHIN_S
    assert service["UMask"] == "0077"
    assert unit["Install"]["WantedBy"] == "multi-user.target"
