"""How does a test play the installation? A strict gateway with the door's endpoint alone, over real sockets.

It notes every fault of the host's: a frame that it may not say, an answer that nobody waits for, a file that is named before
it came. `fair` fails on them.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from shared.door import SUBPROTOCOL, Answer, Call, Hello, State, Welcome, read, write

CREDENTIAL = "csd_" + "c" * 43
TOKEN = "csh_" + "t" * 43
HOST = "studio-mac"
NUMBERS = itertools.count(1)


@dataclass
class Peer:
    """One connection of a host, as the installation sees it."""

    gateway: StandIn
    socket: WebSocket
    number: int
    hello: Hello
    states: asyncio.Queue[State] = field(default_factory=asyncio.Queue)
    waiting: dict[str, asyncio.Future[Answer]] = field(default_factory=dict)
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    mark: float = 0.0
    said: dict[str, dict[str, Any]] = field(default_factory=dict)  # by the call's id, as it came

    async def send(self, call: Call) -> None:
        """Say a call and wait for nothing."""
        self.waiting.setdefault(call.id, asyncio.get_running_loop().create_future())
        await self.socket.send_text(write(call))

    async def answer_to(self, call: Call, *, seconds: float = 40) -> Answer:
        """Wait for the answer to a call that was sent."""
        async with asyncio.timeout(seconds):
            return await self.waiting[call.id]

    async def ask(self, do: str, given: dict[str, Any] | None = None, **how: Any) -> Answer:
        """Have one thing done outside of a session."""
        call = self.call(do, given, **how)
        await self.send(call)
        return await self.answer_to(call)

    async def next_state(self) -> State:
        """Wait for how the host is, as it says next."""
        async with asyncio.timeout(20):
            return await self.states.get()

    def call(self, do: str, given: dict[str, Any] | None = None, **how: Any) -> Call:
        """A call on this connection."""
        values = {"lane": f"chromium.{HOST}.instagram", "token": 1, "session": "", "number": 0} | how
        connection = values.pop("connection", self.number)
        return Call(id=values.pop("id", f"call-{next(NUMBERS)}"), connection=connection, do=do, given=given or {}, **values)


@dataclass
class Asking:
    """One session of the installation's side: it numbers its calls."""

    peer: Peer
    token: int = 1
    lane: str = f"chromium.{HOST}.instagram"
    id: str = field(default_factory=lambda: f"session-{next(NUMBERS)}")
    number: int = 0

    def next(self, do: str, given: dict[str, Any] | None = None, **how: Any) -> Call:
        """The next call."""
        self.number += 1
        values = {"lane": self.lane, "token": self.token, "session": self.id, "number": self.number} | how
        return self.peer.call(do, given, **values)

    async def ask(self, do: str, given: dict[str, Any] | None = None, **how: Any) -> Answer:
        """Have the next thing done."""
        call = self.next(do, given, **how)
        await self.peer.send(call)
        return await self.peer.answer_to(call)


@dataclass
class StandIn:
    """A gateway with nothing but the door. `good` is whether the credential still is."""

    url: str
    good: bool = True
    faults: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    tries: int = 0
    peers: list[Peer] = field(default_factory=list)
    came: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def connected(self, number: int = 1) -> Peer:
        """Wait for the host's connection of this number."""
        async with asyncio.timeout(40), self.came:
            await self.came.wait_for(lambda: len(self.peers) >= number)
        return self.peers[number - 1]

    def app(self) -> Starlette:
        """Its routes."""
        return Starlette(
            routes=[
                WebSocketRoute("/api/hosts/door", self._door),
                Route("/api/hosts/join", self._join, methods=["POST"]),
                Route("/api/hosts/door/files/{id}", self._put, methods=["PUT"]),
                Route("/api/hosts/door/files/{id}", self._get, methods=["GET"]),
            ]
        )

    def _knows(self, asked: WebSocket | Request) -> bool:
        return self.good and asked.headers.get("authorization") == f"Bearer {CREDENTIAL}"

    async def _join(self, request: Request) -> Response:
        if (await request.json())["token"] != TOKEN:
            return JSONResponse({"code": "not_signed_in", "detail": "This token is not known."}, 401)
        return JSONResponse({"host": HOST, "workspace": "00000000-0000-0000-0000-000000000001", "credential": CREDENTIAL})

    async def _put(self, request: Request) -> Response:
        if not self._knows(request):
            return JSONResponse({}, 401)
        self.files[request.path_params["id"]] = await request.body()
        return JSONResponse({"size": 0}, 201)

    async def _get(self, request: Request) -> Response:
        if not self._knows(request):
            return JSONResponse({}, 401)
        found = self.files.get(request.path_params["id"])
        return JSONResponse({}, 404) if found is None else Response(found)

    async def _door(self, socket: WebSocket) -> None:
        self.tries += 1
        if not self._knows(socket):
            await socket.send_denial_response(JSONResponse({}, 401))
            return
        if SUBPROTOCOL not in socket.scope["subprotocols"]:
            self.faults.append("no subprotocol")
        await socket.accept(subprotocol=SUBPROTOCOL)
        text = await socket.receive_text()
        hello = read(text)
        if not isinstance(hello, Hello):
            self.faults.append(f"the first frame is {hello}")
            return
        peer = Peer(self, socket, len(self.peers) + 1, hello)
        peer.said["hello"] = json.loads(text)
        await socket.send_text(write(Welcome(HOST, peer.number)))
        async with self.came:
            self.peers.append(peer)
            self.came.notify_all()
        with suppress(WebSocketDisconnect, RuntimeError):
            while True:
                self._hear(peer, await socket.receive_text())
        peer.closed.set()

    def _hear(self, peer: Peer, text: str) -> None:
        frame = read(text)
        if isinstance(frame, State):
            peer.states.put_nowait(frame)
            return
        if not isinstance(frame, Answer):
            self.faults.append(f"a host says {frame}")
            return
        waiting = peer.waiting.get(frame.id)
        if waiting is None or waiting.done():
            self.faults.append(f"nobody waits for {frame}")
            return
        if frame.mark < peer.mark:
            self.faults.append(f"a mark went back: {frame}")
        peer.mark = frame.mark
        peer.said[frame.id] = json.loads(text)
        value = frame.value if isinstance(frame.value, dict) else {}
        named = [value.get("file"), ((frame.error or {}).get("evidence") or {}).get("screenshot_file")]
        self.faults.extend(f"{file} has not come" for file in named if file and file not in self.files)
        waiting.set_result(frame)


@asynccontextmanager
async def stand_in() -> AsyncIterator[StandIn]:
    """The gateway, for as long as the block lasts; every fault of the host's fails the test."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()  # so that who dials before the server is ready waits
        gateway = StandIn(f"http://127.0.0.1:{listening.getsockname()[1]}")
        config = uvicorn.Config(gateway.app(), log_level="warning", ws="websockets-sansio", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server._serve([listening]))  # without its handlers of signals
        try:
            yield gateway
        finally:
            server.should_exit = True
            await serving
    assert gateway.faults == []
