"""What does HEAD answer? The same as GET, without the body: every address that can be read has both (RFC 9110, 9.1)."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class _Answered(Exception):
    """Everything that HEAD needs has been sent; the rest of the answer is not made."""


class Head:
    """Answers HEAD with the route of GET."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] != "http.response.body":
                await send(message)
                return
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            if message.get("more_body", False):
                raise _Answered  # a stream would go on for long, and a file need not be read

        try:
            await self._app(dict(scope, method="GET"), receive, answer)
        except _Answered:
            return
