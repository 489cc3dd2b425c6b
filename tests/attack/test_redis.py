"""What can somebody do to Redis who has the one login that all processes of an installation share?"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import pytest
from redis import Redis
from redis.exceptions import NoPermissionError, RedisError, ResponseError

from cli.local.servers import redis
from tests.support.dispatching import Wire, lead_for
from tests.support.gateway import Gateway
from workers.dispatch import broker_check

FOREVER = "while true do end"
HANGS_OR_CHANGES = [
    *("DEBUG SLEEP 600", "CLIENT PAUSE 600000", "KEYS *", "SHUTDOWN NOSAVE", "MONITOR", "SAVE", "SWAPDB 0 1"),
    *(
        "CONFIG SET maxmemory 1",
        "CONFIG SET dir /tmp",
        "CONFIG SET requirepass mine",
        "ACL SETUSER default nopass",
        "ACL WHOAMI",
    ),
    *("REPLICAOF 127.0.0.1 1", "MODULE LOAD /tmp/mine.so", "SCRIPT FLUSH", "MIGRATE 127.0.0.1 1 key 0 1", "SLOWLOG RESET"),
]


@pytest.fixture
def wire(tmp_path) -> Iterator[str]:
    """A Redis of this test alone, as an installation has it: what hangs it hangs no other test."""
    server = redis.start(tmp_path / "wire")
    try:
        yield server.url
    finally:
        server.stop()


def test_a_worker_can_ask_redis_for_nothing_that_hangs_it_or_changes_it_for_all(wire: str):
    with Redis.from_url(wire, socket_timeout=5) as worker:
        for words in HANGS_OR_CHANGES:
            with pytest.raises(NoPermissionError):
                worker.execute_command(*words.split())
        with pytest.raises(NoPermissionError):
            worker.eval(FOREVER, 0)
        assert worker.ping()


def test_a_stranger_can_ask_redis_for_nothing(wire: str):
    with Redis.from_url(f"redis://{wire.rpartition('@')[2]}", socket_timeout=5) as stranger:
        for words in ("PING", "INFO", "GET celery", "EVALSHA x 0", *HANGS_OR_CHANGES):
            with pytest.raises(RedisError):
                stranger.execute_command(*words.split())


@pytest.mark.parametrize("guarded", [True, False])
def test_a_script_without_an_end_hangs_redis_only_where_no_dispatcher_ends_it(
    gateway: Gateway, wire: str, monkeypatch, guarded
):
    if not guarded:
        monkeypatch.setattr(broker_check.Redis, "script_kill", _nothing)
    served = Gateway(
        gateway.settings.model_copy(update={"redis_url": wire}),
        gateway.url,
        gateway.api_key,
        gateway.workspace_id,
        gateway.http,
    )
    with Redis.from_url(wire, socket_timeout=0.2) as attacker:
        script = attacker.script_load(FOREVER)
        with contextlib.suppress(RedisError):
            attacker.evalsha(script, 0)
    begun = time.monotonic()
    while (hangs := _hangs(wire)) and time.monotonic() - begun < 5:
        lead_for(served, Wire(), 3, leader_lease_s=0.4)
    assert hangs is not guarded


async def _nothing(_: object) -> None: ...


def _hangs(url: str) -> bool:
    try:
        with Redis.from_url(url, socket_timeout=1) as client:
            client.ping()
    except (ResponseError, RedisError):
        return True
    return False
