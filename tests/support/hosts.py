"""How does a test have a host that joined, and what does it try with the host's own credentials?"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import Any

import httpx

from cli.local.cluster import program
from tests.support.gateway import Gateway


@dataclass(frozen=True)
class Joined:
    """A host with credentials of its own."""

    id: str
    name: str
    workspace: str
    credential: str
    database_url: str
    redis_url: str

    def psql(self, statement: str) -> subprocess.CompletedProcess[str]:
        """Ask PostgreSQL as this host, with the tool that people use."""
        tool = program("psql")
        assert tool is not None
        words = [str(tool), self.database_url, "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statement]
        return subprocess.run(words, capture_output=True, text=True, timeout=20, check=False)

    def sees(self, statement: str) -> list[str]:
        """The lines that PostgreSQL answers."""
        answer = self.psql(statement)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout.split()


def offer(http: httpx.Client, name: str) -> dict[str, Any]:
    """A host with its token."""
    answer = http.post("/api/hosts", json={"name": name})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def join(gateway: Gateway, http: httpx.Client, name: str) -> Joined:
    """A host of the workspace of `http` that joins now."""
    made = offer(http, name)
    answer = httpx.post(f"{gateway.url}/api/hosts/join", json={"token": made["token"]}, timeout=20, trust_env=False)
    assert answer.status_code == 200, answer.text
    said = answer.json()
    return Joined(made["id"], said["host"], said["workspace"], said["credential"], said["database_url"], said["redis_url"])
