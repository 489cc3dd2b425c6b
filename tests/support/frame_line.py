"""How does a test stand between a host and its gateway? On a slow line that reads the frames, and strikes at one of them.

A strike comes as the frame it waits for is about to be handed on: whoever is to get it has not got it yet.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

Way = Literal["call", "answer"]
CHUNK = 65_536
UPGRADED = b"HTTP/1.1 101"
DOOR = b"GET /api/hosts/door HTTP/1.1"
HEAD_ENDS = b"\r\n\r\n"
TEXT = 1


@dataclass(frozen=True)
class Seen:
    """A frame that was handed on: a call, or the answer to one. `session` is "" outside of sessions."""

    way: Way
    do: str
    lane: str
    session: str


@dataclass
class Strike:
    """What happens at the `nth` frame of a kind that comes from now on; `hands_on` says whether it is delivered then."""

    way: Way
    do: str
    nth: int
    act: Callable[[], None]
    hands_on: bool
    came: threading.Event = field(default_factory=threading.Event)

    def meets(self, seen: Seen) -> bool:
        """Whether it is at this frame that it strikes."""
        if self.came.is_set() or (seen.way, seen.do) != (self.way, self.do):
            return False
        self.nth -= 1
        return self.nth == 0


class FrameLine:
    """A line to a port of loopback that takes `delay_s` each way. Bytes pass unchanged; frames are read on the way."""

    def __init__(self, upstream_port: int, delay_s: float) -> None:
        self.seen: list[Seen] = []
        self.port = 0
        self._upstream_port, self._delay_s = upstream_port, delay_s
        self._strike: Strike | None = None
        self._calls: dict[str, Seen] = {}
        self._ends: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="line", daemon=True)

    @contextlib.contextmanager
    def laid(self) -> Iterator[FrameLine]:
        """Carry for as long as the block lasts."""
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        try:
            yield self
        finally:
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()

    def strike(self, way: Way, do: str, act: Callable[[], None], *, nth: int = 1, hands_on: bool = False) -> Strike:
        """Strike at a frame; in place of the strike before."""
        self._strike = Strike(way, do, nth, act, hands_on)
        return self._strike

    def cut(self) -> None:
        """Break every connection by RST; the line takes new ones. For strikes: it runs in the line's own loop."""
        for end in self._ends:
            with contextlib.suppress(OSError, AttributeError):
                end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            end.transport.abort()

    async def _listen(self) -> None:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]

    @staticmethod
    async def _end() -> None:
        carrying = asyncio.all_tasks() - {asyncio.current_task()}
        for task in carrying:
            task.cancel()
        await asyncio.gather(*carrying, return_exceptions=True)

    async def _serve(self, near_in: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        try:
            far_in, far_out = await asyncio.open_connection("127.0.0.1", self._upstream_port)
        except OSError:
            near_out.transport.abort()  # the gateway is away: refused, one hop later
            return
        ends = {near_out, far_out}
        self._ends |= ends
        try:
            both = (self._carry(near_in, far_out, "answer"), self._carry(far_in, near_out, "call"))
            done, running = await asyncio.wait(map(asyncio.ensure_future, both), return_when=asyncio.FIRST_COMPLETED)
            for one in running:
                one.cancel()
            await asyncio.gather(*done, *running, return_exceptions=True)
        finally:
            self._ends -= ends
            for end in ends:
                end.close()

    async def _carry(self, come: asyncio.StreamReader, go: asyncio.StreamWriter, way: Way) -> None:
        """Hand on what comes, each piece when its time has come, until either end is closed."""
        on_the_way: asyncio.Queue[tuple[float, bytes, str | None] | None] = asyncio.Queue()

        async def read() -> None:
            pieces = _Pieces()
            with contextlib.suppress(OSError):
                while data := await come.read(CHUNK):
                    for piece, text in pieces.cut(data):
                        on_the_way.put_nowait((self._loop.time() + self._delay_s, piece, text))
            on_the_way.put_nowait(None)

        reading = asyncio.ensure_future(read())
        try:
            while (held := await on_the_way.get()) is not None:
                due, piece, text = held
                await asyncio.sleep(due - self._loop.time())
                if text is None or self._passes(way, text):
                    go.write(piece)
                    await go.drain()
        finally:
            reading.cancel()

    def _passes(self, way: Way, text: str) -> bool:
        """Whether a frame is handed on, after what is done at it."""
        frame = json.loads(text)
        if frame["kind"] == "call" and way == "call":
            seen = Seen("call", frame["do"], frame["lane"], frame["session"])
            self._calls[frame["id"]] = seen
        elif frame["kind"] == "answer" and (call := self._calls.get(frame["id"])) is not None:
            seen = Seen("answer", call.do, call.lane, call.session)
        else:
            return True
        self.seen.append(seen)
        strike = self._strike
        if strike is None or not strike.meets(seen):
            return True
        strike.act()
        strike.came.set()
        return strike.hands_on


class _Pieces:
    """Cuts what comes on a connection: a door's into its frames, and everything else not at all."""

    def __init__(self) -> None:
        self._held = b""
        self._frames: bool | None = None  # None before the head has come

    def cut(self, data: bytes) -> Iterator[tuple[bytes, str | None]]:
        """Yield each piece, with its text where it is a frame that has one."""
        if self._frames is False:
            yield data, None
            return
        self._held += data
        if self._frames is None:
            head, ends, rest = self._held.partition(HEAD_ENDS)
            if not ends:
                return
            self._frames = head.startswith((UPGRADED, DOOR))
            self._held = rest
            yield head + ends, None
            if not self._frames:
                yield rest, None
                return
        while (size := _size(self._held)) is not None and len(self._held) >= size:
            frame, self._held = self._held[:size], self._held[size:]
            yield frame, _text(frame)


def _lengths(data: bytes) -> tuple[int, int, bool] | None:
    """How long a frame's head is without its mask, how long its body, and whether it is masked; None: too little came."""
    if len(data) < 2:
        return None
    masked, short = bool(data[1] & 0x80), data[1] & 0x7F
    more = {126: 2, 127: 8}.get(short, 0)
    if len(data) < 2 + more:
        return None
    return 2 + more, int.from_bytes(data[2 : 2 + more]) if more else short, masked


def _size(data: bytes) -> int | None:
    lengths = _lengths(data)
    return None if lengths is None else lengths[0] + lengths[1] + (4 if lengths[2] else 0)


def _text(frame: bytes) -> str | None:
    lengths = _lengths(frame)
    if lengths is None or frame[0] & 0x0F != TEXT:
        return None
    head, _, masked = lengths
    if not masked:
        return frame[head:].decode()
    mask, body = frame[head : head + 4], frame[head + 4 :]
    long = mask * (len(body) // 4 + 1)
    return (int.from_bytes(body) ^ int.from_bytes(long[: len(body)])).to_bytes(len(body)).decode()
