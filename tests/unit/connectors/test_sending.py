"""Does the one client send what the APIs of platforms take, whole, once, and without holding it in memory?"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest

from connectors.contract.action import AccountFacts, NotBegun
from connectors.http.body import FilePart
from connectors.http.egress import Answer, Call, Egress
from connectors.http.retry_after import LONGEST, retry_after
from connectors.http.session import ApiSession
from connectors.http.transport import EgressTransport
from connectors.http.upload import Uploading, upload
from connectors.runway.errors import refusal_in
from shared.errors import ContentRejected, RateLimited, Transient

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


@dataclass
class Strict:
    """A server that reads exactly what was declared, refuses what has no length, and notes each request."""

    seen: list[tuple[str, bytes]] = field(default_factory=list)
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request, and close."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii")
            names = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
            if "transfer-encoding" in names:
                said = b"HTTP/1.1 411 Length Required\r\ncontent-length: 0\r\n\r\n"
            else:
                body = await reader.readexactly(int(names.get("content-length", "0")))
                self.seen.append((head.split(" ")[0], body))
                said = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
            writer.write(said)
            await writer.drain()
        except asyncio.IncompleteReadError:
            pass  # nothing is noted of what did not come whole
        finally:
            writer.close()

    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/upload"


@asynccontextmanager
async def strict() -> AsyncIterator[Strict]:
    server = Strict()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield server


def film(folder: Path, size: int = 600_000) -> Path:
    path = folder / "film"
    path.write_bytes(bytes(number % 251 for number in range(size)))
    return path


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "POST"])
async def test_every_method_is_sent_once_with_its_body(method: str):
    async with strict() as server:
        answer = await Egress(LOOPBACK).send(server.url(), Call(method, b"some", {}))
    assert (answer.status, server.seen) == (200, [(method, b"some")])


async def test_a_file_is_sent_whole_with_its_length_said_beforehand(tmp_path: Path):
    path = film(tmp_path)
    async with strict() as server:
        answer = await Egress(LOOPBACK).send(server.url(), Call("PUT", FilePart(path, 0, 600_000), {}))
    assert (answer.status, server.seen) == (200, [("PUT", path.read_bytes())])


async def test_each_chunk_may_be_sent_again_and_together_they_are_the_file(tmp_path: Path):
    path = film(tmp_path)
    chunks = FilePart(path, 0, 600_000).chunks(250_000)
    async with strict() as server:
        for chunk in (*chunks, chunks[1]):
            assert (await Egress(LOOPBACK).send(server.url(), Call("PATCH", chunk, {}))).status == 200
    sent = [body for _, body in server.seen]
    assert b"".join(sent[:3]) == path.read_bytes()
    assert sent[3] == sent[1]
    later = FilePart(path, 0, 600_000).chunks(250_000, begin=400_000)
    assert [(part.start, part.size) for part in later] == [(400_000, 200_000)]


async def test_a_file_that_has_become_shorter_is_never_taken_for_sent(tmp_path: Path):
    path = film(tmp_path)
    async with strict() as server:
        with pytest.raises(ContentRejected) as caught:
            await Egress(LOOPBACK).send(server.url(), Call("PUT", FilePart(path, 0, 600_001), {}))
    assert caught.value.code == "source_changed"
    assert server.seen == []


@dataclass
class Shelf:
    """A platform that takes chunks at the offset it expects and no other, and has trouble as it is told, in turn."""

    trouble: list[str] = field(default_factory=list)
    there: bytes = b""
    pauses: list[float] = field(default_factory=list)

    async def send(self, part: FilePart, offset: int) -> Answer:
        """Take one chunk."""
        trouble = self.trouble.pop(0) if self.trouble else ""
        if trouble == "lost before":
            raise Transient(code="no_answer", message="It broke off.")
        if trouble.isdigit():
            return Answer(int(trouble), {"retry-after": "2"}, b"")
        if trouble == "later":
            return Answer(429, {"retry-after": "3600"}, b"")
        if offset != len(self.there):
            return Answer(409, {}, b"another offset is expected")
        self.there += b"".join([piece async for piece in part.pieces()])
        if trouble == "lost after":
            raise Transient(code="no_answer", message="It broke off.")
        return Answer(200, {}, b"")

    async def arrived(self) -> int:
        """How much there is."""
        return len(self.there)

    async def pause(self, seconds: float) -> None:
        """Note it, and go on at once."""
        self.pauses.append(seconds)

    def uploading(self) -> Uploading:
        """The way to this platform."""
        return Uploading(self.send, self.arrived, self.pause)


@pytest.mark.parametrize(
    ("trouble", "pauses"),
    [
        ([], []),
        (["lost before"], [1.0]),
        (["", "lost after"], [1.0]),
        (["", "", "lost after"], [1.0]),
        (["lost after", "lost before", "503"], [1.0, 1.0, 2.0]),
        (["429", "429", "429"], [2.0, 2.0, 2.0]),
    ],
)
async def test_an_upload_goes_on_from_what_has_arrived(tmp_path: Path, trouble: list[str], pauses: list[float]):
    path, shelf = film(tmp_path), Shelf(trouble)
    answer = await upload(FilePart(path, 0, 600_000), 250_000, shelf.uploading())
    assert answer is None or answer.status == 200
    assert shelf.there == path.read_bytes()
    assert [round(seconds, 1) for seconds in shelf.pauses] == pauses


async def test_an_upload_that_was_begun_before_sends_nothing_twice(tmp_path: Path):
    path = film(tmp_path)
    shelf = Shelf(there=path.read_bytes()[:250_000])
    await upload(FilePart(path, 0, 600_000), 250_000, shelf.uploading(), begin=250_000)
    assert shelf.there == path.read_bytes()


async def test_who_asks_for_a_long_pause_is_left_alone_until_then(tmp_path: Path):
    shelf = Shelf(["", "later"])
    with pytest.raises(RateLimited) as caught:
        await upload(FilePart(film(tmp_path), 0, 600_000), 250_000, shelf.uploading())
    assert caught.value.until is not None
    assert caught.value.until > datetime.now(UTC) + timedelta(minutes=50)
    assert shelf.pauses == []


async def test_a_refusal_ends_the_upload_with_its_answer(tmp_path: Path):
    shelf = Shelf(["", "403"])
    answer = await upload(FilePart(film(tmp_path), 0, 600_000), 250_000, shelf.uploading())
    assert answer is not None
    assert answer.status == 403
    assert len(shelf.there) == 250_000


async def test_an_upload_that_never_gets_an_answer_ends(tmp_path: Path):
    shelf = Shelf(["lost before"] * 100)
    with pytest.raises(Transient):
        await upload(FilePart(film(tmp_path), 0, 600_000), 250_000, shelf.uploading())


async def test_a_platform_is_left_alone_until_the_date_that_it_names():
    said = refusal_in(Answer(429, {"retry-after": "Fri, 01 May 2099 12:00:00 GMT"}, b""))
    assert isinstance(said, RateLimited)
    assert said.until is not None
    assert said.until > datetime.now(UTC) + LONGEST - timedelta(minutes=1)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "POST"])
async def test_a_librarys_own_client_sends_every_method_through_ours(method: str):
    async with strict() as server:
        account = AccountFacts(id="1", platform="runway", handle="demo", origin=server.url(), credentials={})
        transport = EgressTransport(ApiSession(Egress(LOOPBACK), account))
        async with httpx2.AsyncClient(transport=transport) as client:
            answer = await client.request(method, server.url(), content=b"some")
    assert (answer.status_code, server.seen) == (200, [(method, b"some")])


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_what_had_no_connection_was_not_begun(method: str, unused_tcp_port: int):
    with pytest.raises(NotBegun):
        await Egress(LOOPBACK).send(f"http://127.0.0.1:{unused_tcp_port}/", Call(method, b"", {}))


async def test_what_got_no_answer_in_its_time_may_have_arrived(tmp_path: Path):
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read(1)

    listening = await asyncio.start_server(silent, "127.0.0.1", 0)
    call = Call("PUT", FilePart(film(tmp_path, 100), 0, 100), {}, within=0.3)
    async with listening:
        with pytest.raises(Transient) as caught:
            await Egress(LOOPBACK).send(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/", call)
    assert not isinstance(caught.value, NotBegun)
    assert caught.value.code == "timeout"


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("Fri, 01 May 2026 12:01:00 GMT", 60),
        ("Fri, 01 May 2026 11:00:00 GMT", 0),  # has passed
        ("999999999999", LONGEST.total_seconds()),
        ("Fri, 01 May 2099 12:00:00 GMT", LONGEST.total_seconds()),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("", None),
        ("٣", None),
    ],
)
def test_retry_after_is_heard_in_both_its_forms(said: str, seconds: float | None):
    found = retry_after({"Retry-After": said}, NOW)
    assert found == (None if seconds is None else NOW + timedelta(seconds=seconds))
