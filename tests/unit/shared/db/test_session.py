"""Does a process that gives up a connection let go of it at once?"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator

import pytest
from cryptography.fernet import Fernet

from shared.db.session import connect
from shared.settings import Settings

# "Sign in by SCRAM-SHA-256", as PostgreSQL says it.
SIGN_IN = b"R\x00\x00\x00\x17\x00\x00\x00\nSCRAM-SHA-256\x00\x00"


class Undecided:
    """Stands for PostgreSQL up to where a client has signed in, which it never answers."""

    def __init__(self) -> None:
        self.signing_in, self.gone = asyncio.Event(), asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4096)
        writer.write(SIGN_IN)
        await reader.read(4096)
        self.signing_in.set()
        while await reader.read(4096):
            pass
        self.gone.set()
        writer.close()


@pytest.fixture
def nothing_collected() -> Iterator[None]:
    """What lies in a cycle stays: the collector comes at a time that nobody knows."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


async def test_a_connection_that_is_given_up_while_it_signs_in_is_closed_at_once(tmp_path, nothing_collected):
    """PostgreSQL holds it for a minute otherwise, and for as long no database of that server can be dropped."""
    postgres = Undecided()
    server = await asyncio.start_server(postgres.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    address = f"postgresql://owner:secret@127.0.0.1:{port}/callsheet"  # pragma: allowlist secret
    address += "?sslmode=disable&gssencmode=disable"
    engine = connect(Settings(home=tmp_path, database_url=address, keys=f"k:{Fernet.generate_key().decode()}"), "gateway")
    request = asyncio.create_task(_ask(engine))
    async with server, asyncio.timeout(8):
        await postgres.signing_in.wait()
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
        del request
        await postgres.gone.wait()


async def _ask(engine) -> None:
    async with engine.connect():
        pytest.fail("nobody was signed in")
