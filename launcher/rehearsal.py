"""What does every part do first, whichever it is? It is done here once before anything is forked, with nothing of a home.

A first time leaves much behind that all later ones use: classes that were compared with others, what OpenSSL has loaded to
sign in, a dialect that knows its driver. What is there before the fork is shared; else each part makes it for itself.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path

import psycopg
import redis.asyncio
from psycopg import pq
from sqlalchemy import text

from shared.crypto import fresh_keyring, written
from shared.db.session import connect
from shared.settings import Settings, replace_environment

NOWHERE = os.devnull  # no folder, so that nothing can listen in it


def rehearse() -> None:
    """Read settings where none are set, and sign in nowhere; all of it is dropped."""
    before = replace_environment({})
    try:
        settings = Settings(home=Path(NOWHERE), keys=written(fresh_keyring()), database_url=f"postgresql:///?host={NOWHERE}")
    finally:
        replace_environment(before)
    pq.PGconn.connect(f"host={NOWHERE}".encode()).encrypt_password(b"", b"", b"scram-sha-256")
    asyncio.run(_sign_in(settings))


async def _sign_in(settings: Settings) -> None:
    engine = connect(settings, "worker")
    text("SELECT :none").compile(dialect=engine.dialect)
    with suppress(psycopg.OperationalError):
        await psycopg.AsyncConnection.connect(f"host={NOWHERE}")
    client = redis.asyncio.Redis(unix_socket_path=f"{NOWHERE}/redis")
    with suppress(redis.ConnectionError):
        await client.ping()
