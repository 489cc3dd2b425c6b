"""How does a test put a line of its own between a host and its gateway: a slow one, or one that goes dead without a word?"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from tests.support.door import StandIn


@dataclass
class DoorLine:
    """A line that hands everything on after `delay_s` each way, and nothing while it is `dead`."""

    delay_s: float = 0.0
    dead: bool = False
    carrying: list[asyncio.Task[None]] = field(default_factory=list)

    @contextlib.asynccontextmanager
    async def before(self, gateway: StandIn) -> AsyncIterator[StandIn]:
        """Lie before a gateway, whose address is that of the line meanwhile."""
        plain = gateway.url
        port = int(plain.rpartition(":")[2])

        async def serve(near_in: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
            far_in, far_out = await asyncio.open_connection("127.0.0.1", port)
            both = [asyncio.create_task(self._carry(near_in, far_out)), asyncio.create_task(self._carry(far_in, near_out))]
            self.carrying += both
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            for way in (near_out, far_out):
                way.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        gateway.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield gateway
        finally:
            gateway.url = plain
            server.close()
            for one in self.carrying:
                one.cancel()
            await asyncio.gather(*self.carrying, return_exceptions=True)

    async def _carry(self, come: asyncio.StreamReader, go: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(ConnectionError):
            while piece := await come.read(65536):
                if not self.dead:
                    loop.call_later(self.delay_s, _write, go, piece)


def _write(go: asyncio.StreamWriter, piece: bytes) -> None:
    if not go.is_closing():
        go.write(piece)
