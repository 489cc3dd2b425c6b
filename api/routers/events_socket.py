"""Events, as they happen, over a WebSocket: the same events as the stream of `/api/events`, one in each message.

A key or an access token comes in the header; browsers, which cannot set headers, send a ticket in the address, a cookie, or
the credential in the first message. Only pages of this gateway may connect. A socket ends after a while, or when its client
no longer reads; clients go on with `after`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import APIRouter, WebSocket
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.websockets import WebSocketDisconnect

from api.cookies import is_own_origin, shown_access
from api.guard import caller_of, note, visitor_of
from api.live import Stream
from api.places import Places
from api.recheck import while_allowed
from api.schemas.parameter import Seq
from shared.db.database import Database
from shared.errors import RequestRefused
from shared.events import EventType
from shared.identity.caller import Caller, NotSignedIn, TooManyTries, Visitor
from shared.identity.recognise import recognise_ticket
from shared.tasks.follow import News, read_news, require_begun
from shared.validation import message_of

router = APIRouter()
HELLO_S = 10.0
SEND_S = 30.0
LARGEST_MESSAGE = 4_096
MOST_TYPES = 50
NORMAL, POLICY, TOO_LARGE, COME_BACK = 1000, 1008, 1009, 1013
INVALID, NOT_SIGNED_IN, NOT_ALLOWED, TOO_LATE, GONE, TOO_MANY = 4422, 4401, 4403, 4408, 4410, 4429


class Hello(BaseModel):
    """The first message of a client that could not set a header."""

    model_config = ConfigDict(extra="forbid")

    authorization: str = Field(max_length=500)


class SocketQuery(BaseModel):
    """The parameters in the socket's address."""

    model_config = ConfigDict(extra="forbid")

    after: Seq | None = None
    types: list[EventType] = Field(default_factory=list, max_length=MOST_TYPES)
    ticket: str | None = Field(None, max_length=100)
    probes: bool = True


class _Closed(Exception):
    """The socket is to be closed, with a code and a reason that say why."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


@router.websocket("/api/ws")
async def serve_socket(socket: WebSocket) -> None:
    """Send events until one side ends the socket."""
    if not _is_own(socket):
        await socket.close(NOT_ALLOWED)  # before it is accepted: the browser sees a 403
        return
    places: Places = socket.app.state.places
    try:
        # Counted by the address as long as the caller is unknown: a silent client takes a slot too.
        with _place(places, f"address {socket.client.host if socket.client else ''}"):
            stream, after, who = await _opened(socket)
        with _place(places, who):
            await _first_to_end(_send(socket, stream, after), _listen(socket))
        await socket.close(NORMAL)
    except _Closed as closed:
        await socket.close(closed.code, closed.reason)
    except (WebSocketDisconnect, RuntimeError):
        return  # the client is gone; a send to it fails as a RuntimeError


@contextmanager
def _place(places: Places, who: str) -> Iterator[None]:
    try:
        with places.taking(who):
            yield
    except TooManyTries as error:
        raise _Closed(TOO_MANY, error.message) from error


async def _opened(socket: WebSocket) -> tuple[Stream, int, str]:
    """Accept the socket once its first number is known: a client that sees it open misses nothing.

    A client that sends its key in the first message is accepted before that.
    """
    try:
        wanted = _read(SocketQuery, _query(socket))
        begun = await _open(socket, wanted) if _shows_credentials(socket, wanted) else None
    except _Closed:
        await socket.accept()  # a browser sees codes and reasons only then
        raise
    await socket.accept()
    return begun or await _open(socket, wanted)


async def _open(socket: WebSocket, wanted: SocketQuery) -> tuple[Stream, int, str]:
    """Return the client's stream, the number from which it begins, and who it is."""
    visitor = await _signed_in(socket, wanted.ticket)
    database, caller, types = socket.app.state.database, _caller_of(visitor), frozenset(wanted.types)

    if wanted.after is not None:
        await _require_begun(database, caller, wanted.after)

    async def read(seq: int | None) -> News:
        return await read_news(database=database, caller=caller, after=seq, types=types, probes=wanted.probes)

    checked = while_allowed(read, engine=database.engine, visitor=visitor)
    stream = Stream(socket.app.state.hub, checked, socket.app.state.settings.stream_s)
    try:
        return stream, await stream.begin(wanted.after), str(caller.id)
    except (SQLAlchemyError, OSError) as error:
        raise _Closed(COME_BACK, "The database does not answer. Come back.") from error


async def _require_begun(database: Database, caller: Caller, after: int) -> None:
    try:
        await require_begun(database=database, caller=caller, after=after)
    except RequestRefused as error:
        raise _Closed(GONE, error.message[:120]) from error
    except (SQLAlchemyError, OSError) as error:
        raise _Closed(COME_BACK, "The database does not answer. Come back.") from error


def _shows_credentials(socket: WebSocket, wanted: SocketQuery) -> bool:
    return wanted.ticket is not None or "Authorization" in socket.headers or shown_access(socket) != ""


async def _send(socket: WebSocket, stream: Stream, after: int) -> None:
    async for events in stream.batches(after):
        for event in events:
            try:
                await asyncio.wait_for(socket.send_text(event.model_dump_json()), SEND_S)
            except TimeoutError as error:
                raise _Closed(TOO_LATE, "The client does not read.") from error


async def _listen(socket: WebSocket) -> None:
    """Wait until the client is gone; it has nothing more to say."""
    await _receive(socket)
    raise _Closed(POLICY, "Nothing is expected after the first message.")


async def _signed_in(socket: WebSocket, ticket: str | None) -> Visitor:
    try:
        return await _visitor(socket, ticket)
    except TimeoutError as error:
        raise _Closed(TOO_LATE, "The first message did not come in time.") from error
    except NotSignedIn as error:
        raise _Closed(NOT_SIGNED_IN, error.message) from error
    except RequestRefused as error:
        raise _Closed(NOT_ALLOWED, error.message[:120]) from error


async def _visitor(socket: WebSocket, ticket: str | None) -> Visitor:
    if ticket is not None:
        visitor = await recognise_ticket(engine=socket.app.state.database.engine, ticket=ticket)
        note(socket, visitor)
        return visitor
    if _shows_credentials(socket, SocketQuery()):
        return await visitor_of(socket)
    text = await asyncio.wait_for(_receive(socket), HELLO_S)
    return await visitor_of(socket, _read(Hello, text).authorization)


def _caller_of(visitor: Visitor) -> Caller:
    try:
        return caller_of(visitor, "read")
    except RequestRefused as error:
        raise _Closed(NOT_ALLOWED, error.message[:120]) from error


async def _receive(socket: WebSocket) -> str:
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", NORMAL))
    text = message.get("text")
    if text is None:
        raise _Closed(INVALID, "Messages are text.")
    if len(text) > LARGEST_MESSAGE:
        raise _Closed(TOO_LARGE, f"A message has {LARGEST_MESSAGE} characters at most.")
    return str(text)


async def _first_to_end(*parts: Coroutine[Any, Any, None]) -> None:
    running = [asyncio.create_task(part) for part in parts]
    try:
        done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        for part in done:
            part.result()
    finally:
        for part in running:
            part.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _read(model: type[Any], said: object) -> Any:
    reader = TypeAdapter(model)
    try:
        return reader.validate_json(said) if isinstance(said, str) else reader.validate_python(said)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "message"
        raise _Closed(INVALID, f"{field}: {message_of(first)}"[:120]) from error


def _query(socket: WebSocket) -> dict[str, Any]:
    asked: dict[str, Any] = dict(socket.query_params)
    if "types" in asked:
        asked["types"] = socket.query_params.getlist("types")
    return asked


def _is_own(socket: WebSocket) -> bool:
    """Return whether the page that connects is of this host; clients other than browsers send no origin."""
    origin = socket.headers.get("Origin")
    return origin is None or is_own_origin(socket, origin)
