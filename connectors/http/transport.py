"""How does a library that brings its own HTTP client call through the one client for outgoing requests?"""

from __future__ import annotations

import httpx2

from connectors.http.egress import Answer, Call
from connectors.http.faults import NotSent
from connectors.http.session import ApiSession
from shared.errors import Transient

MOST_BYTES = 1_048_576
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
# Our side reads a body up to a bound as it arrives: no header of the library may ask for a compressed, longer one.
_OURS = {"host", "content-length", "accept-encoding", "connection", "transfer-encoding"}
_THEIRS = {"content-encoding", "content-length", "transfer-encoding", "connection"}


class EgressTransport(httpx2.AsyncBaseTransport):
    """A transport of `httpx2` over `Egress`: its checks, bounds and time-outs hold for the library too."""

    def __init__(self, session: ApiSession) -> None:
        """Call through this session."""
        self._session = session

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send once and read the whole answer.

        Raises:
            ConnectError: no byte has left, as the library knows it.
            ReadError: no answer.
            NotConfigured: the address may not be called from here.
        """
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _OURS}
        headers["accept-encoding"] = "identity"
        if request.method not in METHODS:
            message = f"{request.method} is not called from here."
            raise httpx2.UnsupportedProtocol(message)
        body = await request.aread()
        try:
            answer = await self._call(request.method, str(request.url), body, headers)
        except NotSent as error:
            raise httpx2.ConnectError(error.message, request=request) from error
        except Transient as error:
            raise httpx2.ReadError(error.message, request=request) from error
        shown = [(name, value) for name, value in answer.headers.items() if name.lower() not in _THEIRS]
        return httpx2.Response(answer.status, headers=shown, content=answer.body, request=request)

    async def _call(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        if method == "GET":
            return await self._session.get(url, headers=headers, most=MOST_BYTES)
        return await self._session.send(url, Call(method, body, headers, MOST_BYTES))
