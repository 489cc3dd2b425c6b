"""On which servers do the peers run? A Redis of the same program and settings as the home's, and the home's PostgreSQL.

The home's own Redis refuses commands that nothing of ours uses, and some that a peer needs.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import redis
from psycopg import sql
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from benchmarks.home import Home, free_port
from cli.local.servers import wire

DATABASE = "bench_peers"
READY_WITHIN_S = 10
PASSWORD = "bench"  # pragma: allowlist secret


@contextmanager
def apart(home: Home) -> Iterator[dict[str, str]]:
    """Give a peer servers' addresses, as variables of its programs: all is empty at the beginning and gone at the end."""
    address, _, name = home.database_url.rpartition("/")
    _, mark, options = name.partition("?")
    database_url = f"{address}/{DATABASE}{mark}{options}"
    with _redis() as redis_url:
        _drop(home)
        home.database.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        try:
            yield {
                "BENCH_REDIS_URL": redis_url,
                "BENCH_DATABASE_URL": database_url,
                "RQ_REDIS_URL": redis_url,  # as the programs of RQ and PgQueuer call them
                "PGDSN": database_url,
            }
        finally:
            _drop(home)


def _drop(home: Home) -> None:
    home.database.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(DATABASE)))


@contextmanager
def _redis() -> Iterator[str]:
    port = free_port()
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file, tempfile.TemporaryDirectory() as folder:
        file.write(wire.CONFIGURATION.format(port=port, password=PASSWORD, folder=folder, refused=""))
        file.flush()
        server = subprocess.Popen(
            [str(wire.find_program()), file.name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            address = f"redis://:{PASSWORD}@127.0.0.1:{port}/0"
            _await(address)
            yield address
        finally:
            server.terminate()
            server.wait(READY_WITHIN_S)


def _await(address: str) -> None:
    patient = Retry(ConstantBackoff(0.02), READY_WITHIN_S * 50, (redis.ConnectionError,))
    with redis.Redis.from_url(address, retry=patient) as client:
        client.ping()
