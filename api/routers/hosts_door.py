"""The door through which joined hosts offer their browsers: a WebSocket for calls, and requests of their own for files."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from contextlib import suppress
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

import structlog
from fastapi import APIRouter, Path, Request, Response, WebSocket
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocketDisconnect

from api.deps import TheSettings
from api.errors import problem
from api.guard import AnyHost, GuardedRoute, bearer_of
from api.places import Places
from shared.clock import elapsed
from shared.door import SUBPROTOCOL, Answer, Frame, Hello, State, Welcome, read, write
from shared.errors import Invalid
from shared.hosts.door import HostCaller, note_seen, open_door, recognise_host
from shared.hosts.files import find_file, keep_file
from shared.hosts.relay import FORGOTTEN_AFTER_S, Held, Relay
from shared.identity.caller import NotSignedIn, TooManyTries

log = structlog.get_logger()
router = APIRouter(prefix="/api/hosts/door", tags=["hosts"], route_class=GuardedRoute)
sockets = APIRouter()

HELLO_S = 10.0
SEND_S = 10.0
ASK_EVERY_S = 1.0  # how often the credential is checked
FILES_ASK_EVERY_S = 0.4  # a request gets no notice that it was revoked
MOST_UNASKED = 20  # frames within a second; a host says how it is every three
SAID_EVERY = 10  # checks between two records that the host is there
NORMAL, POLICY, COME_BACK, REVOKED, SUPERSEDED = 1000, 1008, 1013, 4401, 4409
CODES = {"revoked": REVOKED, "superseded": SUPERSEDED, "stuck": COME_BACK}
FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {"example": "the file's bytes"}}, "description": "The file."}
}
BINARY = {"schema": {"type": "string", "format": "binary"}}
FileId = Annotated[UUID, Path(description="The file's id, made by whoever sends it.")]


class FileKept(BaseModel):
    """A file that was received."""

    size: int = Field(description="Bytes.")


@router.put(
    "/files/{file}",
    status_code=HTTPStatus.CREATED,
    response_model=FileKept,
    openapi_extra={"requestBody": {"required": True, "content": {"application/octet-stream": BINARY}}},
)
async def upload_file(request: Request, host: AnyHost, settings: TheSettings, file: FileId) -> FileKept | Response:
    """Send a screenshot or a download, as the host whose credential it is; the answer to a call then names it."""
    keeping = asyncio.create_task(
        keep_file(home=settings.home, host=host.id, file=file, body=request.stream(), most=2 * settings.max_media_bytes)
    )
    watching = asyncio.create_task(_recheck(request, host, every_s=FILES_ASK_EVERY_S))
    try:
        done, _ = await asyncio.wait([keeping, watching], return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (watching, keeping):
            task.cancel()
        await asyncio.gather(watching, keeping, return_exceptions=True)
    if keeping not in done:
        error = NotSignedIn(message="This host was shut out.")
        # Otherwise the rest of the body would be read for as long as it comes.
        return problem(HTTPStatus.UNAUTHORIZED, error.code, error.message, headers={"Connection": "close"})
    return FileKept(size=keeping.result())


@router.get("/files/{file}", response_class=FileResponse, responses=FILE)
async def download_file(host: AnyHost, settings: TheSettings, file: FileId) -> FileResponse:
    """Fetch a file that is to be uploaded, as the host that was asked to upload it."""
    path = await asyncio.to_thread(find_file, home=settings.home, host=host.id, file=file)
    return FileResponse(path, media_type="application/octet-stream")


@sockets.websocket("/api/hosts/door")
async def serve_door(socket: WebSocket) -> None:
    """Serve a host's socket: pass calls on to it, and its answers back."""
    places: Places = socket.app.state.places
    address = socket.client.host if socket.client else ""
    try:
        with places.taking(f"door {address}"):
            host, connection = await open_door(database=socket.app.state.database, credential=bearer_of(socket))
    except NotSignedIn as error:
        await socket.send_denial_response(problem(HTTPStatus.UNAUTHORIZED, error.code, error.message))
        return
    except TooManyTries as error:
        await socket.send_denial_response(problem(HTTPStatus.TOO_MANY_REQUESTS, error.code, error.message))
        return
    except (SQLAlchemyError, OSError):
        await socket.send_denial_response(problem(HTTPStatus.SERVICE_UNAVAILABLE, "come_back", "Come back."))
        return
    await socket.accept(subprotocol=SUBPROTOCOL)
    with structlog.contextvars.bound_contextvars(host=host.name, connection=connection):
        code, why = await _hold(socket, host, connection)
        log.info("door.closed", code=code, why=why)
    with suppress(WebSocketDisconnect, RuntimeError):
        await socket.close(code, why)


async def _hold(socket: WebSocket, host: HostCaller, connection: int) -> tuple[int, str]:
    """Serve the socket until one side ends it; return the code and the reason with which it is closed."""
    relay: Relay = socket.app.state.relay
    ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def send(text: str) -> None:
        async with asyncio.timeout(SEND_S):
            await socket.send_text(text)

    def close(why: str) -> None:
        if not ended.done():
            ended.set_result(why)

    try:
        hello = await asyncio.wait_for(_receive(socket), HELLO_S)
        if not isinstance(hello, Hello):
            return POLICY, "The first frame is a hello."
        async with relay.attach(host.id, connection, hello.transports, send, close) as held:
            await send(write(Welcome(host.name, connection)))
            log.info("door.open", version=hello.version, transports=hello.transports)
            return await _first_end(_listen(socket, held), _recheck(socket, host, every_s=ASK_EVERY_S), ended)
    except (WebSocketDisconnect, RuntimeError):
        return NORMAL, "The host is gone."
    except Invalid as error:
        return POLICY, error.message
    except (TimeoutError, RedisError, OSError):
        return COME_BACK, "Come back."


async def _first_end(*parts: Any) -> tuple[int, str]:
    running = [asyncio.ensure_future(part) for part in parts]
    try:
        done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        why = next(iter(done)).result()
    finally:
        for part in running:
            part.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    return CODES[why], why


async def _listen(socket: WebSocket, held: Held) -> str:
    unasked: deque[float] = deque(maxlen=MOST_UNASKED)
    while True:
        # Callers treat a host that is silent for this long as away.
        match await asyncio.wait_for(_receive(socket), FORGOTTEN_AFTER_S):
            case Answer() as answer if await held.answer(answer):
                continue
            case Answer():
                pass
            case State() as state:
                await held.say(state)
            case frame:
                raise Invalid(code="frame_unexpected", message=f"A host says no {frame.kind}.")
        now = elapsed()
        if len(unasked) == MOST_UNASKED and now - unasked[0] < 1:
            raise Invalid(code="frames_too_many", message=f"More than {MOST_UNASKED} frames a second that nobody asked for.")
        unasked.append(now)


async def _recheck(shown: HTTPConnection, host: HostCaller, *, every_s: float) -> str:
    """Return once the credential is no longer valid; an unreachable database does not count."""
    database, credential = shown.app.state.database, bearer_of(shown)
    for turn in itertools.count():
        await asyncio.sleep(every_s if turn else 0)
        try:
            await recognise_host(database=database, credential=credential)
            if turn % SAID_EVERY == 0:
                await note_seen(database=database, host=host)
        except NotSignedIn:
            return "revoked"
        except (SQLAlchemyError, OSError) as error:
            log.warning("door.unchecked", host=host.name, error=repr(error)[:300])
    raise AssertionError  # it counts for ever


async def _receive(socket: WebSocket) -> Frame:
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", NORMAL))
    text = message.get("text")
    if text is None:
        raise Invalid(code="frame_unknown", message="Frames are text.")
    return read(text)
