"""What may a host do at Redis? Take the messages of its own lanes, and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.get_logger()

ANSWER_S = 2.0

# What kombu's Redis transport does with a queue, its bindings and what is not acknowledged yet; a script releases its lock.
COMMANDS = (
    "auth", "hello", "ping", "select", "multi", "exec", "discard", "watch", "unwatch",
    "brpop", "rpop", "rpush", "lpush", "llen", "zadd", "zrem", "zrange", "hset", "hget", "hdel",
    "sadd", "srem", "smembers", "get", "set", "del", "exists", "expire", "pexpire", "evalsha", "script|load",
)  # fmt: skip


def hash_of(password: str) -> str:
    """What Redis compares a password with: its SHA-256. Enough for one with 256 random bits."""
    return hashlib.sha256(password.encode()).hexdigest()


def keys_of(host: str) -> dict[str, str]:
    """The keys in which a host's worker keeps what it has not acknowledged yet, as kombu's transport options."""
    return {
        "unacked_key": f"unacked.{host}",
        "unacked_index_key": f"unacked_index.{host}",
        "unacked_mutex_key": f"unacked_mutex.{host}",
    }


def rules(redis_hash: str, host: str) -> list[str]:
    """A user's whole right, as `ACL SETUSER` reads it. Names have no dots, so `chromium.a.*` is one host's alone."""
    lanes = [f"chromium.{host}.*", f"safari.{host}", f"safari.{host}\x06\x16*"]
    bindings = [f"{prefix}.{lane}" for prefix in ("_kombu.binding", "_kombu.binding_permanent") for lane in lanes]
    keys = [*lanes, *bindings, *keys_of(host).values()]
    return [
        "reset", "on", f"#{redis_hash}", "resetchannels",
        *(f"~{key}" for key in keys), *(f"+{command}" for command in COMMANDS),
    ]  # fmt: skip


class HostWire:
    """Redis' users for hosts. Redis forgets them when it starts again; the leading dispatcher then makes them anew."""

    def __init__(self, redis_url: str) -> None:
        self._url = redis_url

    async def follow(self, *, admit: Iterable[tuple[str, str, str]], revoke: Iterable[str]) -> None:
        """Make users (role, hash of its password, host), and remove others with their connections.

        What Redis does not hear now the dispatcher repeats.
        """
        if not self._url:
            return
        try:
            async with self._client() as client:
                for role in revoke:
                    await _acl(client, "DELUSER", role)
                for role, redis_hash, host in admit:
                    await _acl(client, "SETUSER", role, *rules(redis_hash, host))
        except (RedisError, OSError) as error:
            log.warning("host.redis_not_told", error=repr(error)[:300])

    async def users(self) -> set[str]:
        """The names of all users that Redis knows."""
        async with self._client() as client:
            return {_text(name) for name in await _acl(client, "USERS")}

    def _client(self) -> Redis:
        return Redis.from_url(self._url, socket_timeout=ANSWER_S, socket_connect_timeout=ANSWER_S)


async def _acl(client: Redis, *words: str) -> Any:
    return await client.execute_command("ACL", *words)  # type: ignore[no-untyped-call]  # redis ships no type for it


def _text(name: Any) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)
