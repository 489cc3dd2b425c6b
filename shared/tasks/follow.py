"""What has happened since a reader's last event?"""

from __future__ import annotations

from dataclasses import dataclass

from shared.db import events
from shared.db.database import Database
from shared.errors import Gone
from shared.events import Event, event_of
from shared.identity.caller import Caller
from shared.task_types.registry import proving_types

MOST = 500


@dataclass(frozen=True, slots=True)
class News:
    """Events after a number, and the number up to which none is missing. `more` says that there are more already."""

    events: list[Event]
    seq: int
    more: bool


async def require_begun(*, database: Database, caller: Caller, after: int) -> None:
    """Check that an event has happened: a database that came back from an earlier state has fewer.

    Raises:
        Gone: the number is beyond the newest.
    """
    async with database.read(caller.workspace_id) as connection:
        newest = await events.newest(connection, caller.workspace_id)
    if after > newest:
        message = f"There is no event {after} yet; the newest is {newest}: begin anew from there."
        raise Gone(code="no_such_event", field="after", message=message)


async def read_news(
    *, database: Database, caller: Caller, after: int | None, types: frozenset[str], probes: bool = True
) -> News:
    """Return the next events of these types (none: all); `after` None starts with what happens from now on.

    Without `probes`, events of tasks that only prove a lane are left out.
    """
    unwanted = frozenset() if probes else frozenset(proving_types())
    async with database.read(caller.workspace_id) as connection:
        if after is None:
            return News([], await events.newest(connection, caller.workspace_id), more=False)
        rows = await events.after(connection, caller.workspace_id, after, limit=MOST)
    told = [row for row in rows if not types or row.type in types]
    shown = [event_of(row) for row in told if row.data.get("task_type") not in unwanted]
    return News(shown, rows[-1].seq if rows else after, more=len(rows) == MOST)
