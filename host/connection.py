"""How does a host keep its one connection to the gateway? It connects, and reconnects until its credential is refused."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.typing import Subprotocol

from connectors.browser.safari.mac_in_use import resting
from host.door import Door
from host.membership import Membership
from host.session import Line
from shared.clock import elapsed
from shared.door import MOST_BYTES, SUBPROTOCOL, Hello, State, Welcome, read, write
from shared.errors import CallsheetError, Invalid
from shared.settings import Settings

log = structlog.get_logger()

OPEN_S = 10.0
WELCOME_S = 10.0
CLOSE_S = 3.0
# A dead link is detected after 13 s at the latest.
PING_S = 5.0
PONG_S = 8.0
STATE_S = 3.0
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
STEADY_S = 10.0
SHUT_OUT = {401, 403}
SUPERSEDED = 4409
_random = secrets.SystemRandom()


@dataclass(eq=False)
class ShutOut(CallsheetError):
    """The gateway no longer accepts this host's credential."""

    code: str = "shut_out"


class Dial(connect):
    """A connection that follows no redirect: the credential is for the gateway alone."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        """Treat a redirect as an error."""
        return exc


@dataclass
class Connections:
    """One connection after the other, for one door."""

    settings: Settings
    membership: Membership
    door: Door
    version: str
    transports: tuple[str, ...]

    async def keep(self, closing: asyncio.Event) -> None:
        """Stay connected until told to close.

        Raises:
            ShutOut: the credential is no longer valid.
        """
        failures = 0
        while not closing.is_set():
            began = elapsed()
            try:
                await self._hold(closing)
            except InvalidStatus as error:
                if error.response.status_code in SHUT_OUT:
                    message = f"The gateway at {self.membership.url} has shut {self.membership.host} out: let it join again."
                    raise ShutOut(message=message) from error
                log.warning("door.refused", status=error.response.status_code)
            except ConnectionClosed as error:
                log.warning("door.closed", error=str(error))
                if error.rcvd is not None and error.rcvd.code == SUPERSEDED:
                    # Somebody else has connected with this host's credential: taking turns would help nobody.
                    log.error("door.superseded", host=self.membership.host)
                    failures, began = 100, elapsed()
            except (OSError, InvalidHandshake, InvalidURI, Invalid) as error:
                log.warning("door.away", error=str(error)[:300] or type(error).__name__)
            except Exception:  # whatever it was: a host that has ended offers nothing
                log.exception("door.failed")
            failures = 0 if elapsed() - began > STEADY_S else failures + 1
            await _pause(closing, pause_after(failures))

    async def _hold(self, closing: asyncio.Event) -> None:
        url = self.membership.url.replace("http", "ws", 1) + "/api/hosts/door"
        headers = {"Authorization": f"Bearer {self.membership.credential}"}
        async with Dial(
            url, additional_headers=headers, subprotocols=[Subprotocol(SUBPROTOCOL)], max_size=MOST_BYTES, compression=None,
            proxy=None, open_timeout=OPEN_S, ping_interval=PING_S, ping_timeout=PONG_S, close_timeout=CLOSE_S,
        ) as socket:  # fmt: skip
            number = await self._greet(socket)
            saying: asyncio.Queue[str] = asyncio.Queue()
            self.door.open(Line(number, saying.put_nowait))
            log.info("door.open", connection=number)
            try:
                await _first_end(
                    _say(socket, saying), self._listen(socket), self._say_how_it_is(saying), _until(closing, saying)
                )
            finally:
                await self.door.shut()

    async def _greet(self, socket: ClientConnection) -> int:
        if socket.subprotocol != SUBPROTOCOL:
            raise Invalid(code="other_version", message=f"The gateway does not speak {SUBPROTOCOL}: update one of the two.")
        await socket.send(write(Hello(self.version, self.transports)))
        async with asyncio.timeout(WELCOME_S):
            welcome = read(str(await socket.recv()))
        if not isinstance(welcome, Welcome) or welcome.host != self.membership.host or type(welcome.connection) is not int:
            raise Invalid(code="not_welcome", message="The gateway did not welcome this host by its name.")
        return welcome.connection

    async def _listen(self, socket: ClientConnection) -> None:
        async for text in socket:
            try:
                self.door.hear(read(str(text)))
            except Invalid as error:
                log.warning("frame.passed_over", error=error.message)

    async def _say_how_it_is(self, saying: asyncio.Queue[str]) -> None:
        while True:
            held = await resting(self.settings, datetime.now().astimezone()) if self.settings.drives_safari else None
            until = held.until.timestamp() if held and held.until else None
            saying.put_nowait(write(State(held.reason if held else "", until)))
            await asyncio.sleep(STATE_S)


def pause_after(failures: int) -> float:
    """Return how long to wait before the next try: doubled with each failure in a row, bounded, half of it random."""
    longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(failures, 10))
    return _random.uniform(longest / 2, longest)


async def _say(socket: ClientConnection, saying: asyncio.Queue[str]) -> None:
    while True:
        await socket.send(await saying.get())
        saying.task_done()


async def _until(closing: asyncio.Event, saying: asyncio.Queue[str]) -> None:
    """Wait until told to close, and until all answers are sent."""
    await closing.wait()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_S):
            await saying.join()


async def _first_end(*parts: Coroutine[Any, Any, None]) -> None:
    """Wait until one of them ends, and end the others; raises what it raised."""
    running = [asyncio.ensure_future(part) for part in parts]
    try:
        done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        for part in done:
            part.result()
    finally:
        for part in running:
            part.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _pause(closing: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await closing.wait()
    except TimeoutError:
        return
