"""How is an address that somebody else has chosen called without reaching internal services?

The name is resolved once, every address it has is checked, and the connection goes to a checked one: the name
may resolve differently a second later. Host header, SNI and certificate stay those of the name. Redirects are not
followed, proxies of the environment are not used, and time, size and the number of calls at once are bounded.
"""

from __future__ import annotations

import asyncio
import functools
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from connectors.http.address import Address, Network, is_inside, literal, may_reach
from connectors.http.body import Body, FilePart
from connectors.http.faults import Sending, no_answer
from shared.errors import Conflict, TooLarge, Transient

Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]

CALL_S = 10.0
RESOLVE_S = 5.0
MOST_CALLS = 200
MOST_BYTES = 65_536
MOST_ADDRESSES = 3
LONGEST_URL = 2048
REFUSED = "address_refused"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL leads: the addresses that were checked, in the order in which they are tried."""

    url: httpx.URL
    addresses: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A request and its time-out in seconds; `most` bounds the bytes read of the answer's body."""

    method: str
    body: Body
    headers: Mapping[str, str]
    most: int = MOST_BYTES
    within: float | None = None
    sending: Sending = field(default_factory=Sending)


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer; a longer body is cut at the bound."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def resolve(host: str, port: int) -> Sequence[Address]:
    """Return the addresses that the system's resolver knows, in its order.

    Raises:
        OSError: there is no such name.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found))


@functools.cache
def _public_authorities() -> ssl.SSLContext:
    """Return the certificate authorities that are trusted; read once, since that takes 30 ms."""
    return httpx.create_ssl_context(trust_env=False)


class Egress:
    """The one client for addresses from outside. `allowed` are networks of our own that may be reached all the same."""

    def __init__(
        self,
        allowed: Sequence[Network] = (),
        *,
        resolve: Resolve = resolve,
        call_s: float = CALL_S,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._allowed = tuple(allowed)
        self._resolve = resolve
        self._call_s = call_s
        self._calls = asyncio.Semaphore(MOST_CALLS)
        self._trust = trust or _public_authorities()

    async def check(self, url: str, *, field: str = "url") -> Target:
        """Return where a URL leads, if it may be called. Checked when it is saved and again when it is used.

        Raises:
            Conflict: it may not be called: no such name, not public, not encrypted, or written to deceive.
        """
        try:
            parsed = httpx.URL(url)
            host = parsed.host.rstrip(".")
            address = literal(host)
        except (httpx.InvalidURL, ValueError) as error:
            raise _refuse(field, f"This is no address that can be called: {error}") from error
        if len(url) > LONGEST_URL or parsed.scheme not in {"http", "https"} or not host or parsed.userinfo:
            raise _refuse(field, "Write https://, a host and a path; no name or password.")
        addresses = [address] if address is not None else await self._addresses(host, _port(parsed), field)
        for one in addresses:
            if not may_reach(one, self._allowed):
                raise _unreachable(field, host)
            if parsed.scheme == "http" and not is_inside(one, self._allowed):
                raise _refuse(field, "Only https:// goes out of the house.")
        return Target(parsed, tuple(addresses[:MOST_ADDRESSES]))

    async def post(self, url: str, *, body: bytes, headers: Mapping[str, str], most: int = MOST_BYTES) -> Answer:
        """POST once. Nothing is tried again after a byte has left.

        Raises:
            Conflict: the URL may not be called (any more); nothing was sent.
            NotSent: there was no connection.
            Transient: no answer; it may have arrived.
        """
        return await self._call(url, Call("POST", body, headers, most))

    async def get(self, url: str, *, headers: Mapping[str, str], most: int = MOST_BYTES) -> Answer:
        """GET once; raises like `post`."""
        return await self._call(url, Call("GET", b"", headers, most))

    async def send(self, url: str, call: Call) -> Answer:
        """Send any request once, with bytes or a part of a file; `call.within` bounds it where a file takes longer.

        Raises:
            Conflict: the URL may not be called (any more); nothing was sent.
            NotSent: there was no connection.
            ContentRejected: the file is not what it was when it was counted; its request did not arrive whole.
            Transient: no answer; it may have arrived.
        """
        return await self._call(url, call)

    async def file(self, url: str, *, headers: Mapping[str, str], most: int, within: float) -> AsyncIterator[bytes]:
        """GET a file once and yield it piece by piece: at most `most` bytes, within `within` seconds.

        Raises:
            Conflict: the URL may not be called (any more).
            Transient: it did not come, or not to its end.
            TooLarge: it is larger.
        """
        size = 0
        try:
            async with (
                self._calls,
                asyncio.timeout(within),
                self._client(within) as client,
                _opened(client, await self.check(url), Call("GET", b"", headers)) as response,
            ):
                if response.status_code != httpx.codes.OK:
                    raise Transient(code="download_failed", message=f"The file's host answered {response.status_code}.")
                async for piece in response.aiter_raw(65_536):
                    size += len(piece)
                    if size > most:
                        raise TooLarge(code="media_too_large", message=f"The file has more than {most} bytes.")
                    yield piece
        except TimeoutError as error:
            raise Transient(code="download_slow", message=f"The file did not come within {within:g} s.") from error
        except httpx.HTTPError as error:
            raise Transient(code="download_failed", message=f"The file broke off: {type(error).__name__}"[:300]) from error

    async def _call(self, url: str, call: Call) -> Answer:
        within = call.within or self._call_s
        try:
            async with self._calls, asyncio.timeout(within):
                return await self._reach(await self.check(url), call, within)
        except TimeoutError as error:
            raise call.sending.timed_out(f"No answer within {within:g} s.") from error
        except httpx.HTTPError as error:
            raise no_answer(error, f"No answer: {type(error).__name__} {error}"[:300]) from error

    async def _addresses(self, host: str, port: int, field: str) -> Sequence[Address]:
        try:
            async with asyncio.timeout(RESOLVE_S):
                found = await self._resolve(host.encode("idna").decode("ascii"), port)
        except (OSError, UnicodeError, TimeoutError) as error:
            raise _unreachable(field, host) from error
        if not found:
            raise _unreachable(field, host)
        return found

    async def _reach(self, target: Target, call: Call, within: float) -> Answer:
        async with self._client(within) as client, _opened(client, target, call) as response:
            read = b""
            async for piece in response.aiter_raw(8192):
                read += piece
                if len(read) >= call.most:
                    break
            return Answer(response.status_code, dict(response.headers), read[: call.most])

    def _client(self, within: float) -> httpx.AsyncClient:
        # No connection is kept: one that was opened for a name must not serve another name at the same address.
        limits = httpx.Limits(max_keepalive_connections=0)
        return httpx.AsyncClient(follow_redirects=False, trust_env=False, limits=limits, timeout=within, verify=self._trust)


@asynccontextmanager
async def _opened(client: httpx.AsyncClient, target: Target, call: Call) -> AsyncIterator[httpx.Response]:
    """Yield the answer of the first address that accepts a connection, with its body still to be read."""
    response = await _first_answer(client, target, call)
    try:
        yield response
    finally:
        await response.aclose()


async def _first_answer(client: httpx.AsyncClient, target: Target, call: Call) -> httpx.Response:
    for place, address in enumerate(target.addresses):
        try:
            return await client.send(_request(client, target.url, address, call), stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            if place == len(target.addresses) - 1:
                raise
    message = "no address"
    raise httpx.ConnectError(message)


def _request(client: httpx.AsyncClient, url: httpx.URL, address: Address, call: Call) -> httpx.Request:
    headers = {**call.headers, "Host": url.netloc.decode("ascii")}
    content: bytes | AsyncIterator[bytes] | None
    if isinstance(call.body, FilePart):
        # The length is sent first: many platforms take no body in chunks of unknown length.
        headers["Content-Length"] = str(call.body.size)
        content = call.body.pieces()
    else:
        content = call.body or None
    return client.build_request(
        call.method,
        url.copy_with(host=str(address)),
        content=content,
        headers=headers,
        extensions={"sni_hostname": url.raw_host.decode("ascii"), "trace": call.sending.trace},
    )


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _unreachable(field: str, host: str) -> Conflict:
    """Return one error for unknown names and for internal ones alike: which of them resolve is not revealed."""
    message = f"{host} is not known, or not public and its network is not in CALLSHEET_EGRESS_ALLOWED."
    return _refuse(field, message)


def _refuse(field: str, message: str) -> Conflict:
    return Conflict(code=REFUSED, field=field, message=message)
