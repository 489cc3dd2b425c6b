"""Can the system work now? It needs PostgreSQL, its schema, Redis, and a leading dispatcher whose rounds succeed."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Literal

from pydantic import BaseModel, Field
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.schema import head
from shared.db.session import single_statements
from shared.system.store import switches

LONGEST_S = 2.0
Word = Literal["ok", "wrong"]


class Checks(BaseModel):
    """The things that were checked."""

    postgres: Word
    db_schema: Word = Field(serialization_alias="schema")
    redis: Word
    dispatcher: Word


class Readiness(BaseModel):
    """Whether all of them are all right."""

    ok: bool
    checks: Checks

    @property
    def takes_tasks(self) -> bool:
        """Return whether tasks can be stored; the rest may come back later."""
        return self.checks.postgres == self.checks.db_schema == "ok"


async def check_readiness(*, engine: AsyncEngine, redis_url: str) -> Readiness:
    """Check everything, two seconds at most."""
    (postgres, schema, dispatcher), redis = await asyncio.gather(_database(engine), _redis(redis_url))
    words = {"postgres": postgres, "db_schema": schema, "redis": redis, "dispatcher": dispatcher}
    checks = Checks.model_validate({name: "ok" if is_ok else "wrong" for name, is_ok in words.items()})
    return Readiness(ok=all(words.values()), checks=checks)


async def _database(engine: AsyncEngine) -> tuple[bool, bool, bool]:
    """Check that PostgreSQL answers, has this version's schema, and a dispatcher leads whose rounds succeed."""
    found = [False, False, False]
    with suppress(SQLAlchemyError, OSError, TimeoutError):
        async with asyncio.timeout(LONGEST_S), single_statements(engine).connect() as connection:
            found[1] = await switches.revision(connection) == head()
            found[0] = True
            lease = await switches.dispatcher(connection)
            found[2] = lease is not None and bool(lease.leads and lease.works)
    return found[0], found[1], found[2]


async def _redis(url: str) -> bool:
    if not url:
        return False
    client = Redis.from_url(url, socket_timeout=LONGEST_S, socket_connect_timeout=LONGEST_S, retry=Retry(NoBackoff(), 0))
    with suppress(RedisError, OSError):
        async with client:
            return bool(await client.ping())
    return False
