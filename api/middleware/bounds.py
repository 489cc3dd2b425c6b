"""How large may a request be, how long may it take, and what if it fails? Every failure is a problem document."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import TOO_LARGE, TOO_SLOW, crashed, problem
from shared.settings import Settings


@dataclass(frozen=True, slots=True)
class Bound:
    """The limits of a request: its size (bytes) and its time (seconds)."""

    largest: int
    longest_s: float


class _BodyTooLarge(Exception):
    """The body is larger than allowed."""


class _Bounded:
    """One request and its answer, counted and timed."""

    def __init__(self, receive: Receive, send: Send, largest: int, clock: asyncio.Timeout) -> None:
        self._receive, self._send = receive, send
        self._largest, self._clock = largest, clock
        self._size = 0
        self.begun = False

    async def take(self) -> Message:
        """Return the next piece of the body."""
        message = await self._receive()
        self._size += len(message.get("body", b""))
        self._require_small()
        return message

    async def answer(self, message: Message) -> None:
        """Send the next piece of the answer."""
        self._require_small()  # the framework reports the first refusal as a body that cannot be read
        self.begun = True
        self._clock.reschedule(None)  # once the answer has begun, the request may go on: streams bound themselves
        await self._send(message)

    def _require_small(self) -> None:
        if self._size > self._largest:
            raise _BodyTooLarge


class Bounds:
    """Keeps every request within its bounds."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._usual = Bound(settings.max_body_bytes, settings.request_s)
        self._wider = Bound(settings.max_media_bytes, settings.upload_s)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        bound = self._wider if _brings_file(scope) else self._usual
        length = Headers(scope=scope).get("content-length", "0")
        if length.isdigit() and int(length) > bound.largest:
            await _too_large(bound)(scope, receive, send)
            return
        response, bounded = None, None
        try:
            async with asyncio.timeout(bound.longest_s) as clock:
                bounded = _Bounded(receive, send, bound.largest, clock)
                await self._app(scope, bounded.take, bounded.answer)
        except _BodyTooLarge:
            response = _too_large(bound)
        except TimeoutError:
            response = problem(TOO_SLOW, "too_slow", f"This took longer than {bound.longest_s:g} seconds.")
        except Exception as error:  # noqa: BLE001 - the last net: a client gets a problem document, never a stack trace
            response = crashed(error)
        if response is not None and not (bounded and bounded.begun):
            await response(scope, receive, send)


def _brings_file(scope: Scope) -> bool:
    method, path = scope["method"], scope["path"]
    return (method, path) == ("POST", "/api/media") or (method == "PUT" and path.startswith("/api/hosts/door/files/"))


def _too_large(bound: Bound) -> Response:
    return problem(TOO_LARGE, "body_too_large", f"A request may have {bound.largest} bytes at most.")
