"""What does every attacker begin with? Two tenants, and whatever the first one's owner can get hold of."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass

import pytest

from cli.local.servers.cluster import program
from shared.settings import Role
from tests.integration.api.test_tenant_matrix import tenant
from tests.support.gateway import Gateway


@pytest.fixture(scope="module")
def tenants(module_gateway: Gateway):
    """The attacker's workspace and a stranger's, each with one row of everything."""
    return tenant(module_gateway, "mallory"), tenant(module_gateway, "victim")


@dataclass(frozen=True)
class Login:
    """A login of the database."""

    name: str
    workspace: str
    database_url: str

    def psql(self, statement: str) -> subprocess.CompletedProcess[str]:
        """Ask PostgreSQL with it, by the tool that people use."""
        tool = program("psql")
        assert tool is not None
        words = [str(tool), self.database_url, "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statement]
        return subprocess.run(words, capture_output=True, text=True, timeout=20, check=False)

    def sees(self, statement: str) -> list[str]:
        """The lines that PostgreSQL answers."""
        answer = self.psql(statement)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout.split()


def _login(gateway: Gateway, tenants, role: Role) -> Login:
    workspace = tenants[0].key.get("/api/me").json()["workspace"]["id"]
    return Login(role, workspace, gateway.settings.database_url_for(role).replace("+psycopg", ""))


@pytest.fixture(scope="module", params=["gateway", "worker", "dispatcher"])
def login(request, module_gateway: Gateway, tenants) -> Login:
    """A login that an attacker has: that of a process that was broken into. A joined host has none."""
    return _login(module_gateway, tenants, request.param)


@pytest.fixture(scope="module")
def worker(module_gateway: Gateway, tenants) -> Login:
    """The login of a worker."""
    return _login(module_gateway, tenants, "worker")
