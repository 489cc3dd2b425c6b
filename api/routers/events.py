"""Events, as they happen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from api.deps import TheDatabase, TheSettings
from api.guard import GuardedRoute, Reader
from api.live import Stream
from api.places import Places
from api.recheck import while_allowed
from api.schemas.parameter import After, LastEventId, Probes
from shared.events import EventType
from shared.tasks.follow import News, read_news, require_begun

router = APIRouter(prefix="/api/events", tags=["events"], route_class=GuardedRoute)
EVENT_STREAM = "text/event-stream"
EXAMPLE = (
    'id: 42\nevent: task.completed\ndata: {"id":"0198.42","seq":42,"type":"task.completed",'
    '"time":"2026-05-01T09:00:00Z","subject":"0198…","data":{"task_type":"comment"}}\n\n'
)

FRAME = {
    "type": "object",
    "description": "One frame; `data` holds the envelope {id, seq, type, time, subject, data} as JSON.",
    "properties": {
        "id": {"type": "string"},
        "event": {"type": "string"},
        "data": {"type": "string", "contentMediaType": "application/json"},
        "retry": {"type": "integer"},
    },
}


@router.get(
    "",
    response_class=StreamingResponse,
    responses={
        200: {
            "content": {EVENT_STREAM: {"schema": FRAME, "example": EXAMPLE}},
            "description": "Events of the workspace, in the order of commits and without a gap.",
        }
    },
)
async def stream(
    request: Request,
    caller: Reader,
    database: TheDatabase,
    settings: TheSettings,
    after: After = None,
    last_event_id: LastEventId = None,
    types: Annotated[list[EventType] | None, Query(max_length=50, description="Only these types.")] = None,
    probes: Probes = True,  # noqa: FBT002 - a parameter of the address
) -> StreamingResponse:
    """Stream events. A stream ends after a while; clients go on with `Last-Event-ID` and miss nothing.

    410 where that is beyond the newest event, whose number the answer gives: start again from there.
    """
    from_seq = last_event_id if last_event_id is not None else after
    if from_seq is not None:
        await require_begun(database=database, caller=caller, after=from_seq)

    async def read(seq: int | None) -> News:
        return await read_news(database=database, caller=caller, after=seq, types=frozenset(types or ()), probes=probes)

    checked = while_allowed(read, engine=database.engine, visitor=request.state.visitor)
    stream = Stream(request.app.state.hub, checked, settings.stream_s)
    places: Places = request.app.state.places
    who = str(caller.id)
    places.take(who)
    try:
        start = await stream.begin(from_seq)
    except BaseException:
        places.leave(who)
        raise
    return _InItsPlace(places, who, stream.run(start))


class _InItsPlace(StreamingResponse):
    """A stream that returns its slot when it ends, for whatever reason."""

    def __init__(self, places: Places, who: str, frames: AsyncIterator[bytes]) -> None:
        super().__init__(frames, media_type=EVENT_STREAM, headers={"X-Accel-Buffering": "no"})
        self._places, self._who = places, who

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._places.leave(self._who)
