"""How does a call reach the gateway that holds a host's socket, and its answer come back? Over Redis, at most once.

A publication is delivered to present listeners only: nothing is stored, so nothing is sent a second time. Redis reports
how many listened; with no listener it is certain that the host did not receive the call.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from shared.door import TRANSPORTS, Answer, Call, State, read, write
from shared.errors import CallsheetError, Invalid
from shared.ids import new_id

log = structlog.get_logger()

FORGOTTEN_AFTER_S = 10  # a host that is silent for this long counts as away; it reports every three seconds
ANSWER_S = 2.0
LOOK_S = 2.0  # how often to check that the host still has the connection over which it was asked
MOST_WORDS = 200


class NotSent(CallsheetError):
    """The host certainly did not receive the call."""


class NoAnswer(CallsheetError):
    """The call was sent, and no answer came in time: it may have been done."""


@dataclass(frozen=True, slots=True)
class Present:
    """A connected host, by its connection's number: why its lanes pause, and which transports it drives."""

    connection: int
    rest_reason: str = ""
    rest_until: float | None = None
    transports: tuple[str, ...] = ()


class Held:
    """One open socket, as the gateway that holds it uses it."""

    def __init__(self, client: Redis, host: UUID, connection: int, transports: tuple[str, ...]) -> None:
        self._client, self._host, self._connection = client, host, connection
        self._transports = tuple(known for known in TRANSPORTS if known in transports)
        self.replies: dict[str, str] = {}

    async def say(self, state: State) -> None:
        """Publish the host's state, for those that want to call it."""
        present = Present(self._connection, state.rest_reason[:MOST_WORDS], state.rest_until, self._transports)
        await self._client.set(_state(self._host), json.dumps(asdict(present)), ex=FORGOTTEN_AFTER_S)

    async def answer(self, answer: Answer) -> bool:
        """Pass an answer to the caller, and return whether there was one: an answer without a caller is dropped."""
        reply = self.replies.pop(answer.id, None)
        if reply is not None:
            await self._client.publish(reply, write(answer))
        return reply is not None

    async def refuse(self, call: str, reply: str) -> None:
        """Tell the waiting caller that the host did not receive the call: it was for an earlier connection."""
        await self._client.publish(reply, json.dumps({"unsent": call}))

    async def lose(self) -> None:
        """Tell the waiting callers that no answer will come over this socket; their calls may have been done."""
        for call, reply in self.replies.items():
            await self._client.publish(reply, json.dumps({"lost": call}))

    async def forget(self) -> None:
        """Record that the host is away, unless it has connected again meanwhile."""
        said = await self._client.get(_state(self._host))
        if said is not None and json.loads(said)["connection"] == self._connection:
            await self._client.delete(_state(self._host))


class Relay:
    """The gateway's side: sockets of hosts, and the calls for them."""

    def __init__(self, redis_url: str) -> None:
        self._url = redis_url

    @asynccontextmanager
    async def attach(
        self,
        host: UUID,
        connection: int,
        transports: tuple[str, ...],
        send: Callable[[str], Awaitable[None]],
        close: Callable[[str], None],
    ) -> AsyncIterator[Held]:
        """Pass each call for this connection to `send`, for as long as the block lasts; `close` is told why it must end.

        `transports` are those that the host says it drives.

        Raises:
            RedisError, OSError: Redis is away.
        """
        async with self._client() as client:
            listening = client.pubsub(ignore_subscribe_messages=True)
            await listening.subscribe(_calls(host))
            # The holder of an earlier connection receives it; so does this one, and ignores it.
            await client.publish(_calls(host), json.dumps({"connection": connection}))
            held = Held(client, host, connection, transports)
            handing_on = asyncio.create_task(_hand_on(listening, held, connection, send, close))
            handing_on.add_done_callback(partial(_deaf, close))
            try:
                await held.say(State())
                yield held
            finally:
                handing_on.cancel()
                with contextlib.suppress(RedisError, OSError):
                    await held.lose()
                    await held.forget()
                with contextlib.suppress(RedisError, OSError, asyncio.CancelledError):
                    await listening.aclose()  # type: ignore[no-untyped-call]  # redis ships no type for it

    async def shut(self, host: UUID) -> None:
        """Have every socket of a host closed now. One that misses this checks within a second if the credential is valid."""
        if not self._url:
            return
        try:
            async with asyncio.timeout(ANSWER_S), self._client() as client:
                await client.publish(_calls(host), json.dumps({"shut": True}))
                await client.delete(_state(host))
        except (RedisError, OSError) as error:
            log.warning("door.not_told", host=str(host), error=repr(error)[:300])

    def _client(self) -> Redis:
        return Redis.from_url(self._url, socket_timeout=None, socket_connect_timeout=ANSWER_S)


class DoorClient:
    """The callers' side: workers and keepers. On one event loop."""

    def __init__(self, redis_url: str) -> None:
        self._url = redis_url
        self._channel = f"door.answers.{new_id()}"
        self._waiting: dict[str, asyncio.Future[Answer]] = {}
        self._client: Redis | None = None
        self._listening: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()

    async def present(self, host: UUID) -> Present | None:
        """Return a host's state, None where it is not connected or Redis cannot say."""
        try:
            said = await (await self._started()).get(_state(host))
        except (RedisError, OSError) as error:
            log.warning("door.unknown", host=str(host), error=repr(error)[:300])
            return None
        return _present(said) if said is not None else None

    async def call(self, host: UUID, call: Call) -> Answer:
        """Have a host do something, and return its answer.

        Raises:
            NotSent: certain that it did not receive the call.
            NoAnswer: none came within the call's time.
        """
        try:
            client, text = await self._started(), write(call)
        except (RedisError, OSError) as error:
            raise NotSent(code="door_away", message="Redis is away.") from error
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[call.id] = answered
        try:
            async with asyncio.timeout(call.within):
                heard = await client.publish(_calls(host), json.dumps({"reply": self._channel, "frame": text}))
                if not heard:
                    raise NotSent(code="host_away", message="The host is not connected.")
                return await self._answer_to(call, answered, host)
        except (RedisError, OSError, TimeoutError) as error:
            raise NoAnswer(code="host_silent", message=f"The host did not answer within {call.within:g} s.") from error
        finally:
            self._waiting.pop(call.id, None)

    async def _answer_to(self, call: Call, answered: asyncio.Future[Answer], host: UUID) -> Answer:
        """Wait for an answer, or until none can come any more: no answer outlives its socket.

        A gateway that loses a socket reports its unanswered calls; one that was killed reports nothing.
        """
        while not answered.done():
            await asyncio.wait({answered}, timeout=LOOK_S)
            present = None if answered.done() else await self.present(host)
            if present is not None and present.connection > call.connection and not answered.done():
                raise NoAnswer(code="host_lost", message="The host's connection was lost.")
        return answered.result()

    async def close(self) -> None:
        """Stop waiting for answers."""
        if self._listening is not None:
            self._listening.cancel()
        if self._client is not None:
            await self._client.aclose()

    async def _started(self) -> Redis:
        async with self._starting:
            if self._client is None:
                client = Redis.from_url(self._url, socket_timeout=None, socket_connect_timeout=ANSWER_S)
                answers = client.pubsub(ignore_subscribe_messages=True)
                async with asyncio.timeout(ANSWER_S):
                    await answers.subscribe(self._channel)
                self._listening = asyncio.create_task(self._listen(answers))
                self._client = client
        return self._client

    async def _listen(self, answers: PubSub) -> None:
        async for text in _heard(answers):
            said = json.loads(text)
            if "lost" in said:
                self._settle(said["lost"], NoAnswer(code="host_lost", message="The host's connection was lost."))
                continue
            if "unsent" in said:
                self._settle(said["unsent"], NotSent(code="host_lost", message="The host has connected anew."))
                continue
            try:
                answer = read(text)
            except Invalid as error:
                log.warning("door.answer_unknown", error=error.message)
                continue
            if isinstance(answer, Answer):
                self._settle(answer.id, answer)

    def _settle(self, call: str, with_: Answer | NoAnswer | NotSent) -> None:
        waiting = self._waiting.get(call)
        if waiting is None or waiting.done():
            return
        if isinstance(with_, Answer):
            waiting.set_result(with_)
        else:
            waiting.set_exception(with_)


async def _hand_on(
    listening: PubSub, held: Held, connection: int, send: Callable[[str], Awaitable[None]], close: Callable[[str], None]
) -> None:
    async for text in _heard(listening):
        said: dict[str, Any] = json.loads(text)
        if said.get("shut"):
            close("revoked")
        elif said.get("connection", 0) > connection:
            close("superseded")
        elif "frame" in said:
            frame = read(said["frame"])
            if not isinstance(frame, Call) or frame.connection > connection:
                continue  # the holder of that connection passes it on
            if frame.connection < connection:
                await held.refuse(frame.id, said["reply"])
                continue
            held.replies[frame.id] = said["reply"]
            await send(said["frame"])


def _deaf(close: Callable[[str], None], handing_on: asyncio.Task[None]) -> None:
    """End a socket that no longer receives calls, so that its host connects anew."""
    if not handing_on.cancelled() and (error := handing_on.exception()) is not None:
        log.warning("door.stuck", error=repr(error)[:300])
        close("stuck")


async def _heard(listening: PubSub) -> AsyncIterator[str]:
    """Yield what is published, also after Redis was away: the client subscribes again by itself."""
    while True:
        try:
            message = await listening.get_message(timeout=None)  # None waits for ever
        except (RedisError, OSError) as error:
            log.warning("door.deaf", error=repr(error)[:300])
            await asyncio.sleep(1)
            continue
        if message is not None:
            data = message["data"]
            yield data.decode() if isinstance(data, bytes) else str(data)


def _present(said: bytes | str) -> Present:
    known = json.loads(said)
    return Present(**known | {"transports": tuple(known.get("transports", ()))})


def _calls(host: UUID) -> str:
    return f"door.calls.{host}"


def _state(host: UUID) -> str:
    return f"door.state.{host}"
