"""What does every attacker begin with? Two tenants, and whatever the first one's owner can get hold of."""

from __future__ import annotations

import pytest

from shared.settings import Role
from tests.integration.api.test_tenant_matrix import tenant
from tests.support.gateway import Gateway
from tests.support.hosts import Joined, join


@pytest.fixture(scope="module")
def tenants(module_gateway: Gateway):
    """The attacker's workspace and a stranger's, each with one row of everything."""
    return tenant(module_gateway, "mallory"), tenant(module_gateway, "victim")


@pytest.fixture(scope="module")
def host(module_gateway: Gateway, tenants) -> Joined:
    """The attacker's own host, with its login."""
    return join(module_gateway, tenants[0].key, "mallorys")


@pytest.fixture(scope="module", params=["host", "gateway", "worker", "dispatcher"])
def login(request, module_gateway: Gateway, host: Joined) -> Joined:
    """A login of the database that an attacker has: that of a host, or of a process that was broken into."""
    if request.param == "host":
        return host
    role: Role = request.param
    url = module_gateway.settings.database_url_for(role).replace("+psycopg", "")
    return Joined(host.id, role, host.workspace, url, host.redis_url)
