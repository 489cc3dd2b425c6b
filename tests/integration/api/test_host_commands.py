"""Can an operator list hosts, let one join and shut it out from the command line?"""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.local.secret import write_json
from tests.support.gateway import Gateway
from tests.support.plain import untraced


@dataclass(frozen=True)
class Home:
    """A home of the gateway's owner, in which commands are run."""

    path: Path

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `callsheet WORDS` there."""
        tool = str(Path(sys.executable).with_name("callsheet"))
        environment = untraced() | {"CALLSHEET_HOME": str(self.path)}
        return subprocess.run([tool, *words], capture_output=True, text=True, timeout=60, check=False, env=environment)

    def said(self, *words: str) -> str:
        """What a command that worked prints to stdout."""
        answer = self.run(*words)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout


@pytest.fixture
def home(module_gateway: Gateway, tmp_path) -> Home:
    write_json(tmp_path / "credentials.json", {"url": module_gateway.url, "api_key": module_gateway.api_key})
    return Home(tmp_path)


def test_a_host_is_added_joins_and_is_shut_out(home: Home, module_gateway: Gateway):
    token = json.loads(home.said("host", "add", "studio-mac", "--json"))["token"]

    home.said("host", "join", module_gateway.url, token)

    kept = home.path / "host.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert set(json.loads(kept.read_text())) == {"url", "host", "credential", "workspace"}
    assert _states(home)["studio-mac"] == "joined"
    home.said("host", "revoke", "studio-mac")
    assert _states(home)["studio-mac"] == "revoked"


def test_what_a_host_adds_is_a_line_to_run_there(home: Home, module_gateway: Gateway):
    assert home.said("host", "add", "other").startswith(f"callsheet host join {module_gateway.url} csh_")
    assert "other" in home.said("host", "list")


@pytest.mark.parametrize("url", ["", "http://callsheet.example.org", "ftp://callsheet.example.org"])
def test_credentials_come_over_tls_or_from_this_machine(home: Home, url: str):
    assert "https" in home.run("host", "join", url, "csh_x").stderr


def test_a_host_that_nobody_knows_cannot_be_revoked(home: Home):
    assert "no host 'nobody'" in home.run("host", "revoke", "nobody").stderr


def _states(home) -> dict[str, str]:
    return {one["name"]: one["state"] for one in json.loads(home.said("host", "list", "--json"))["items"]}
