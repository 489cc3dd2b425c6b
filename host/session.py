"""What is the life of one session? It holds its lane from `take` until `leave`, and does its calls in order, each once.

Whatever ends it from outside (a higher token, the lost connection) kills the scripts that run and leaves the site.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any

import structlog

from connectors.browser.door_calls import error_as_json
from connectors.browser.driver import Driver
from connectors.contract.action import AccountFacts
from host.browsers import Browsers, Standing
from host.files import Files
from host.one_click import Clocks
from host.steps import CHECK_AND_CLICK, Steps
from shared.clock import elapsed
from shared.door import LONGEST_WITHIN_S, Answer, Call, write
from shared.errors import CallsheetError, Invalid, NotConfigured, OutcomeUnknown, Transient

log = structlog.get_logger()

NOT_DONE = "Nothing was done."
# A worker asks again within seconds, even if PostgreSQL is away for a minute; one that is gone leaves its page open.
SILENT_S = 120.0


@dataclass(frozen=True, slots=True)
class Line:
    """One connection: its number, how a frame is sent on it, and since when it exists (`shared.clock.elapsed`).

    What is sent after it is lost is dropped.
    """

    number: int
    say: Callable[[str], None]
    since: float = field(default_factory=elapsed)

    def answer(self, call: Call, value: Any = None, error: CallsheetError | None = None) -> None:
        """Answer a call. An answer too long for a frame becomes an error; a click may have been made all the same."""
        try:
            self.say(_write(call, value, error))
        except Invalid as long:
            kind = OutcomeUnknown if call.do == CHECK_AND_CLICK else Transient
            self.say(_write(call, None, kind(code="answer_too_long", message=long.message)))

    def refuse(self, call: Call, code: str, why: str) -> None:
        """Answer that a call was not done."""
        log.warning("call.refused", call=call.do, lane=call.lane, code=code)
        self.answer(call, error=Transient(code=code, message=f"{why} {NOT_DONE}"))


def _write(call: Call, value: Any, error: CallsheetError | None) -> str:
    said = None if error is None else error_as_json(error)
    return write(Answer(id=call.id, mark=elapsed(), value=value, error=said))


@dataclass(frozen=True, slots=True)
class Tools:
    """The objects that all sessions of this host share."""

    browsers: Browsers
    files: Files
    clocks: Clocks


class Stage(Enum):
    """The stages of a session."""

    NEW = "it has not begun"
    WAITING = "something else has its lane"
    OPENING = "its browser is being started"
    OPEN = "it does calls"
    LEAVING = "it leaves the site"


class Session:
    """One session. `take` is the call that began it; `turn` is the lane's lock, held while any of the session runs."""

    def __init__(self, line: Line, take: Call, account: AccountFacts, turn: asyncio.Lock, tools: Tools) -> None:
        """Store the parts, and start."""
        self.id, self.token, self.transport = take.session, take.token, str(take.given["transport"])
        self.number = take.number
        self.acted = False
        self._line, self._account, self._turn, self._tools = line, account, turn, tools
        self._standing = Standing()
        self._calls: asyncio.Queue[Call] = asyncio.Queue()
        self._now: Call | None = take
        self._stage = Stage.NEW
        self._drift: list[dict[str, Any]] = []
        self._task = asyncio.create_task(self._live(take))

    @property
    def is_over(self) -> bool:
        """Return whether the session does nothing more."""
        return bool(self._standing.why) or self._task.done()

    @property
    def is_idle(self) -> bool:
        """Return whether none of its calls runs or waits."""
        return self._now is None and self._calls.empty()

    def do(self, call: Call) -> None:
        """Queue the next call, to be done after those before it."""
        self.number = call.number
        self._calls.put_nowait(call)

    def end(self, why: str) -> None:
        """End it now, whatever it does."""
        if self.is_over:
            return
        self._standing.why = why
        if self._stage in {Stage.OPENING, Stage.OPEN}:
            self._tools.browsers.stop_scripts(self.transport)
        # A browser that is just starting is waited for, and left at once: a half-started one would stay without an owner.
        if self._stage in {Stage.WAITING, Stage.OPEN}:
            self._task.cancel()

    async def ended(self) -> None:
        """Wait until nothing of it runs any more."""
        await asyncio.wait([self._task])

    async def _live(self, take: Call) -> None:
        left: Call | None = None
        trouble: CallsheetError | None = None
        try:
            left = await self._hold(take)
        except asyncio.CancelledError:
            trouble = Transient(code=self._standing.why or "session_ended", message="The session was ended.")
        except CallsheetError as error:
            trouble = error
        except Exception as error:  # whatever a browser's library throws
            log.exception("session.failed", lane=take.lane)
            trouble = Transient(code="host_error", message=f"The browser failed: {error!r}"[:300])
        self._standing.why = self._standing.why or "session_ended"
        if left is not None:
            self._now = None
            self._line.answer(left, value={"drift": self._drift})
        self._answer_the_rest(trouble)

    async def _hold(self, take: Call) -> Call:
        """Hold the lane and the browser until the worker says `leave`, and return that call."""
        self._standing.check()
        self._stage = Stage.WAITING
        try:
            async with asyncio.timeout(min(take.within, LONGEST_WITHIN_S)):
                await self._turn.acquire()
        except TimeoutError as error:
            raise Transient(code="lane_busy", message=f"Something else runs on {take.lane}.") from error
        self._stage = Stage.OPENING
        try:
            async with self._tools.browsers.session(self.transport, self._account, self._standing) as session:
                self._stage = Stage.OPEN
                try:
                    self._standing.check()
                    self._say_open(take)
                    return await self._work(session.driver)
                finally:
                    self._stage = Stage.LEAVING
        finally:
            self._turn.release()

    def _say_open(self, take: Call) -> None:
        found = self._tools.browsers.process_of(self.transport, self._account.id)
        browser = None if found is None else {"pid": found[0], "identity": found[1]}
        self._now = None
        self._line.answer(take, value={"browser": browser})

    async def _work(self, driver: Driver) -> Call:
        steps = Steps(driver, self._tools.files, self._line.since, self._tools.clocks)
        while True:
            try:
                async with asyncio.timeout(SILENT_S):
                    call = await self._calls.get()
            except TimeoutError as error:
                raise Transient(code="session_silent", message="Nobody has asked anything for too long.") from error
            self._now = call
            if call.do == "leave":
                self._drift = [asdict(place) for place in driver.locator_drift()]
                return call
            value, trouble = await self._step(steps, call)
            self._now = None
            self._line.answer(call, value, trouble)

    async def _step(self, steps: Steps, call: Call) -> tuple[Any, CallsheetError | None]:
        try:
            if call.do == CHECK_AND_CLICK:
                self.acted = True
                return await steps.do(call), None
            async with asyncio.timeout(min(call.within, LONGEST_WITHIN_S)):
                return await steps.do(call), None
        except TimeoutError:
            return None, Transient(code="too_slow", message="It took longer than anybody waits for it.")
        except CallsheetError as error:
            return None, error
        except Exception as error:
            log.exception("call.failed", call=call.do, lane=call.lane)
            kind = OutcomeUnknown if call.do == CHECK_AND_CLICK else Transient
            return None, kind(code="host_error", message=f"The browser failed: {error!r}"[:300])

    def _answer_the_rest(self, trouble: CallsheetError | None) -> None:
        """Answer the call that ran as the end came, and those that had not begun."""
        ended = trouble or Transient(code="session_ended", message="The session was ended.")
        if (running := self._now) is not None:
            self._now = None
            if running.do == CHECK_AND_CLICK:
                ended = OutcomeUnknown(code=ended.code, message=f"While it clicked: {ended.message}")
            elif not isinstance(ended, Transient | NotConfigured) and running.do != "take":
                ended = Transient(code=ended.code, message=ended.message)
            self._line.answer(running, error=ended)
        while not self._calls.empty():
            self._line.refuse(self._calls.get_nowait(), "session_ended", "The session was ended.")
