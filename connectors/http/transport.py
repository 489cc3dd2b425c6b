"""How does a library that brings its own HTTP client call through the one client for outgoing requests?"""

from __future__ import annotations

import httpx2

from connectors.http.egress import Answer, Egress
from shared.errors import Conflict, NotConfigured, Transient

MOST_BYTES = 1_048_576
# Our side reads a body as it comes, up to a bound: nobody may make it longer by unpacking it.
_OURS = {"host", "content-length", "accept-encoding", "connection", "transfer-encoding"}
_THEIRS = {"content-encoding", "content-length", "transfer-encoding", "connection"}


class EgressTransport(httpx2.AsyncBaseTransport):
    """A transport of `httpx2` over `Egress`: its checks, bounds and time-outs hold for the library too."""

    def __init__(self, egress: Egress) -> None:
        """Call through this client."""
        self._egress = egress

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send once and read the whole answer.

        Raises:
            ReadError: no answer, as the library knows it.
            NotConfigured: the address may not be called from here.
        """
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _OURS}
        headers["accept-encoding"] = "identity"
        if request.method not in {"GET", "POST"}:
            message = f"{request.method} is not called from here."
            raise httpx2.UnsupportedProtocol(message)
        body = await request.aread()
        try:
            answer = await self._call(request.method, str(request.url), body, headers)
        except Transient as error:
            raise httpx2.ReadError(error.message, request=request) from error
        except Conflict as error:
            raise NotConfigured(code=error.code, message=error.message, setting="CALLSHEET_EGRESS_ALLOWED") from error
        shown = [(name, value) for name, value in answer.headers.items() if name.lower() not in _THEIRS]
        return httpx2.Response(answer.status, headers=shown, content=answer.body, request=request)

    async def _call(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        if method == "GET":
            return await self._egress.get(url, headers=headers, most=MOST_BYTES)
        return await self._egress.post(url, body=body, headers=headers, most=MOST_BYTES)
