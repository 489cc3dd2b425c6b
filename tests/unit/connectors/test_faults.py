"""Is what never left this machine told from what nobody knows?"""

from __future__ import annotations

import asyncio
import ipaddress
from typing import TYPE_CHECKING

import httpx
import httpx2
import pytest
from openai import APIConnectionError, APITimeoutError

from connectors.contract.action import NotBegun
from connectors.http.egress import Egress
from connectors.http.faults import NotSent, never_sent
from connectors.openai_videos.errors import read_error, write_error
from shared.errors import OutcomeUnknown, Transient

if TYPE_CHECKING:
    from types import ModuleType

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
UNSENT = ("ConnectError", "ConnectTimeout", "PoolTimeout")
UNCERTAIN = ("ReadError", "WriteError", "CloseError", "RemoteProtocolError", "ReadTimeout", "WriteTimeout")
CLIENTS = (httpx, httpx2)


def wrapped(error: Exception) -> APIConnectionError:
    """As OpenAI's package hands it on."""
    kind = APITimeoutError if "Timeout" in type(error).__name__ else APIConnectionError
    outer = kind(request=httpx2.Request("POST", "https://maker.example/v1/videos"))
    outer.__cause__ = error
    return outer


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.__name__)
@pytest.mark.parametrize("name", UNSENT)
def test_what_had_no_connection_was_never_sent(client: ModuleType, name: str):
    error = getattr(client, name)("no")
    assert never_sent(error)
    assert isinstance(write_error(wrapped(error)), NotBegun)
    assert type(read_error(wrapped(error))) is Transient


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.__name__)
@pytest.mark.parametrize("name", UNCERTAIN)
def test_what_had_one_may_have_arrived(client: ModuleType, name: str):
    error = getattr(client, name)("broke off")
    assert not never_sent(error)
    assert isinstance(write_error(wrapped(error)), OutcomeUnknown)


def test_an_error_of_ours_and_one_after_another_request_say_nothing_of_this_one():
    later = httpx.ReadError("broke off")
    later.__cause__ = httpx.ConnectError("an earlier address")
    assert not never_sent(later)
    assert not never_sent(ValueError())


async def post(egress: Egress, url: str) -> Transient:
    with pytest.raises(Transient) as caught:
        await egress.post(url, body=b"x", headers={})
    return caught.value


async def test_a_refused_connection_was_never_sent():
    async with await asyncio.start_server(lambda *_: None, "127.0.0.1") as server:
        port = server.sockets[0].getsockname()[1]
    assert isinstance(await post(Egress(LOOPBACK), f"http://127.0.0.1:{port}/"), NotSent)


async def test_a_time_out_before_there_was_a_connection_was_never_sent():
    async def never(_host: str, _port: int):
        await asyncio.Event().wait()

    error = await post(Egress(LOOPBACK, resolve=never, call_s=0.05), "http://maker.example/")
    assert (type(error), error.code) == (NotSent, "timeout")


@pytest.mark.parametrize("answers", [False, True], ids=["silent", "cut off"])
async def test_a_server_that_took_the_request_may_have_done_it(*, answers: bool):
    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if answers:
            writer.transport.abort()
        await reader.read()

    async with await asyncio.start_server(take, "127.0.0.1") as server:
        port = server.sockets[0].getsockname()[1]
        error = await post(Egress(LOOPBACK, call_s=0.3), f"http://127.0.0.1:{port}/")
    assert type(error) is Transient
