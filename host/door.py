"""What does a host do with the calls it gets? It accepts what fits from each connection in turn, and nothing outdated.

A call is checked as it comes, and its lane does it in its turn. What does not fit is answered with an error that says that
nothing was done; a call that has come before gets no second answer.
"""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict

import structlog

from connectors.browser.door_calls import IN_SESSION, OUTSIDE
from host.browsers import Browsers, folder_of
from host.files import Files
from host.lane import Lane, Place
from host.one_click import Clocks
from host.outside import Outside
from host.session import Line, Tools
from host.steps import CHECK_AND_CLICK
from host.tokens import LaneTokens
from shared.door import Call, Frame
from shared.errors import CallsheetError, Transient
from shared.settings import Settings

log = structlog.get_logger()

REMEMBERED = 10_000
LEAVES_WITHIN_S = 15.0


class Door:
    """This host's side of the door. `settings.host_name` is the host's name."""

    def __init__(self, settings: Settings, browsers: Browsers, files: Files, *, clocks: Clocks | None = None) -> None:
        """Store the parts; nothing is offered yet.

        Raises:
            NotConfigured: the tokens that this host has seen cannot be read.
        """
        self._host = settings.host_name
        self._tools = Tools(browsers, files, clocks or Clocks())
        self._tokens = LaneTokens(folder_of(settings.home) / "tokens.json")
        self._outside = Outside(settings, browsers)
        self._lanes: dict[str, Lane] = {}
        self._line: Line | None = None
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._beside: set[asyncio.Task[None]] = set()
        self._stops = False

    def open(self, line: Line) -> None:
        """Take calls from this connection from now on."""
        self._line = line
        self._seen.clear()

    async def shut(self) -> None:
        """End all that the lost connection has begun, and wait for it."""
        self._line = None
        for lane in self._lanes.values():
            lane.end("connection_lost")
        for task in self._beside:
            task.cancel()
        await self._wait_for_the_end(LEAVES_WITHIN_S)

    async def stop(self, within: float) -> None:
        """Begin nothing more, and wait until what has begun has ended: calls, and sessions that have clicked."""
        self._stops = True
        ends = asyncio.get_running_loop().time() + within
        while self._still_runs() and asyncio.get_running_loop().time() < ends:  # noqa: ASYNC110 - what ends tells nobody
            await asyncio.sleep(0.05)

    def hear(self, frame: Frame) -> None:
        """Check a frame of the installation, and do what it asks if it fits."""
        line = self._line
        if line is None or not isinstance(frame, Call) or not _is_whole(frame):
            log.warning("frame.passed_over", kind=frame.kind)
            return
        if frame.id in self._seen:
            # The first one may still run: a second answer would claim that it was not done.
            log.warning("call.repeated", call=frame.do, lane=frame.lane)
            return
        self._remember(frame.id)
        lane = self._lane(frame.lane)
        if frame.connection != line.number:
            line.refuse(frame, "wrong_connection", f"This is connection {line.number}.")
        elif lane is None:
            line.refuse(frame, "wrong_lane", f"{frame.lane} is no lane of {self._host}.")
        elif self._stops and not self._goes_on(frame, lane):
            line.refuse(frame, "host_stops", "This host is being stopped.")
        elif frame.do == "take":
            self._take(line, frame, lane)
        elif frame.do in IN_SESSION:
            lane.step(line, frame)
        elif frame.do in OUTSIDE:
            task = asyncio.create_task(self._do_outside(line, frame, lane))
            self._beside.add(task)
            task.add_done_callback(self._beside.discard)
        else:
            line.refuse(frame, "unknown_call", f"This host knows no {frame.do}.")

    def _take(self, line: Line, call: Call, lane: Lane) -> None:
        used = f"session {call.session}"
        if not call.session or used in self._seen:
            line.refuse(call, "session_used", "Every session has an id of its own.")
        elif lane.take(line, call):
            self._remember(used)

    async def _do_outside(self, line: Line, call: Call, lane: Lane) -> None:
        try:
            line.answer(call, await self._outside.do(call, lane))
        except CallsheetError as error:
            line.answer(call, error=error)
        except Exception as error:
            log.exception("call.failed", call=call.do, lane=call.lane)
            line.answer(call, error=Transient(code="host_error", message=f"It failed: {error!r}"[:300]))

    def _lane(self, name: str) -> Lane | None:
        if name not in self._lanes:
            place = Place.of(name, self._host)
            if place is None:
                return None
            self._lanes[name] = Lane(place, self._tokens, self._tools)
        return self._lanes[name]

    def _goes_on(self, call: Call, lane: Lane) -> bool:
        """Return whether a call belongs to what has begun: it reads the result of a click, or ends something."""
        if call.do in {"leave", "end"}:
            return True
        in_session = call.do in IN_SESSION and call.do not in {"take", CHECK_AND_CLICK}
        return in_session and lane.session is not None and lane.session.acted

    def _still_runs(self) -> bool:
        sessions = [lane.session for lane in self._lanes.values() if lane.session and not lane.session.is_over]
        return any(session.acted or not session.is_idle for session in sessions)

    async def _wait_for_the_end(self, within: float) -> None:
        ending = [asyncio.ensure_future(lane.session.ended()) for lane in self._lanes.values() if lane.session]
        if waiting := [*ending, *self._beside]:
            await asyncio.wait(waiting, timeout=within)
        for task in ending:
            task.cancel()

    def _remember(self, what: str) -> None:
        self._seen[what] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)


def _is_whole(call: Call) -> bool:
    """Return whether every value is of its kind: reading a frame does not check that."""
    texts = (call.id, call.lane, call.session, call.do)
    numbers = (call.connection, call.token, call.number)
    return (
        all(isinstance(text, str) for text in texts)
        and all(type(number) is int for number in numbers)
        and isinstance(call.given, dict)
        and isinstance(call.within, int | float)
        and math.isfinite(call.within)
    )
