"""Does a stream send what is new, and end when it should?"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from api.live import Hub, Stream
from shared.events import Event
from shared.tasks.follow import News


def event(seq: int) -> Event:
    return Event(id=str(seq), seq=seq, type="task.pending", time=datetime.now(UTC), subject=None, data={})


class Log:
    """Events that are there, read at most two at a time."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    async def read(self, after: int | None) -> News:
        if after is None:
            return News([], len(self.events), more=False)
        found = [one for one in self.events if one.seq > after]
        return News(found[:2], found[:2][-1].seq if found else after, more=len(found) > 2)


async def test_a_hint_that_falls_between_looking_and_waiting_is_not_lost():
    log, hub = Log(), Hub()
    real = log.read

    async def read_and_write(after: int | None) -> News:
        news = await real(after)
        if len(log.events) < 3:
            log.events.append(event(len(log.events) + 1))
            hub.wake()
        return news

    frames = Stream(hub, read_and_write, 30).run(0)
    text = b""
    async with asyncio.timeout(5):
        async for frame in frames:
            text += frame
            if text.count(b"id: ") == 3:
                break
    assert [line for line in text.decode().splitlines() if line.startswith("id")] == ["id: 1", "id: 2", "id: 3"]


async def test_what_is_committed_once_a_stream_is_open_is_told():
    log, hub = Log(), Hub()
    log.events = [event(1)]
    stream = Stream(hub, log.read, 0.01)
    frames = stream.run(await stream.begin(None))
    first = await anext(frames)  # the client knows that it is open
    log.events.append(event(2))
    assert first == b"retry: 1000\n\n"
    assert (await anext(frames)).startswith(b"id: 2")


async def test_more_than_one_page_is_sent_without_waiting():
    log, hub = Log(), Hub()
    log.events = [event(n) for n in range(1, 8)]
    text = b"".join([frame async for frame in Stream(hub, log.read, 0.01).run(0)])
    assert text.count(b"id: ") == 7


async def test_closing_the_hub_ends_every_stream():
    log, hub = Log(), Hub()
    streams = [asyncio.create_task(_all(Stream(hub, log.read, 60))) for _ in range(3)]
    await asyncio.sleep(0)
    hub.close()
    assert await asyncio.wait_for(asyncio.gather(*streams), 5)


async def _all(stream: Stream) -> bytes:
    return b"".join([frame async for frame in stream.run(0)])
