"""What can a host reach at Redis with its own credentials, when is it cut off, and does it come back after a restart?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError, NoPermissionError, ResponseError
from redis.exceptions import ConnectionError as Cut

from shared.hosts.wire import COMMANDS
from tests.integration.api.test_tenant_matrix import tenant
from tests.support.gateway import Gateway
from tests.support.hosts import Joined, join
from tests.support.stack import wait_for

OWN = "chromium.only-alder.instagram"
FOREIGN = "chromium.only-birch.instagram"


@pytest.fixture(scope="module")
def tenants(module_gateway: Gateway):
    return tenant(module_gateway, "alder"), tenant(module_gateway, "birch")


@pytest.fixture(scope="module")
def host(module_gateway: Gateway, tenants) -> Joined:
    return join(module_gateway, tenants[0].key, "only-alder")


@pytest.fixture
def admin(module_gateway: Gateway):
    with Redis.from_url(module_gateway.settings.redis_url) as client:
        yield client


def ask(url: str, *words: str) -> str:
    """What redis-cli answers."""
    tool = Path(sys.executable).with_name("redis-cli")
    command = [str(tool), "--no-auth-warning", "-u", url, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False).stdout.strip()


def test_a_host_takes_the_messages_of_its_own_lanes(host: Joined, admin: Redis):
    admin.lpush(OWN, "mine")
    assert ask(host.redis_url, "BRPOP", OWN, "1") == f"{OWN}\nmine"


@pytest.mark.parametrize(
    "words",
    [
        ("BRPOP", FOREIGN, "1"),
        ("LPUSH", FOREIGN, "x"),
        ("LLEN", FOREIGN),
        ("DEL", FOREIGN),
        ("SMEMBERS", f"_kombu.binding.{FOREIGN}"),
        ("HGET", "unacked", "x"),
        ("HGET", "unacked.only-birch", "x"),
        ("LLEN", "system"),
        ("LLEN", "chromium.only-alder-too.instagram"),
        ("GET", "callsheet:tries"),
        ("KEYS", "*"),
        ("SCAN", "0"),
        ("RANDOMKEY",),
        ("DBSIZE",),
        ("FLUSHDB",),
        ("FLUSHALL",),
        ("CONFIG", "GET", "*"),
        ("ACL", "LIST"),
        ("ACL", "WHOAMI"),
        ("CLIENT", "LIST"),
        ("INFO",),
        ("SUBSCRIBE", "x"),
        ("PUBLISH", "x", "y"),
        ("EVAL", "return 1", "0"),
    ],
    ids=" ".join,
)
def test_a_host_reaches_no_key_or_queue_of_another(host: Joined, admin: Redis, words: tuple[str, ...]):
    admin.lpush(FOREIGN, "theirs")
    assert ask(host.redis_url, *words).startswith("NOPERM")


def test_a_script_reaches_no_further_than_its_host(host: Joined):
    with Redis.from_url(host.redis_url) as client:
        script = client.script_load("return redis.call('LLEN', 'system')")
        with pytest.raises(ResponseError, match="can't access"):
            client.evalsha(script, 0)
        with pytest.raises(NoPermissionError):
            client.execute_command("MONITOR")


def test_a_revoked_host_is_cut_off_at_redis_too(module_gateway: Gateway, tenants):
    gone = join(module_gateway, tenants[0].key, "gone")
    with Redis.from_url(gone.redis_url, single_connection_client=True) as client:
        assert client.ping()
        tenants[0].key.post(f"/api/hosts/{gone.id}/revoke")
        wait_for("it is cut off", lambda: _is_refused(client), seconds=5, every=0.02)
    assert "WRONGPASS" in ask(gone.redis_url, "PING") + _why(gone.redis_url)


def _is_refused(client: Redis) -> bool:
    try:
        return not client.ping()
    except (AuthenticationError, Cut):
        return True


def _why(url: str) -> str:
    try:
        Redis.from_url(url).ping()
    except AuthenticationError as error:
        return f"WRONGPASS {error}"
    return ""


def test_every_command_of_a_host_is_known_to_redis(admin: Redis):
    known = {name.lower() for name in admin.command()}
    assert {command.partition("|")[0] for command in COMMANDS} <= known
