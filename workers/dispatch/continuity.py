"""Has PostgreSQL come back from an earlier state? Each dispatcher compares it with a file before it releases anything.

The file lies in the home, outside PostgreSQL. Its content is in the database as well, under a token that nobody can
guess: a promoted standby is on another timeline, and a data folder that was put back has an older token. Then everything
is paused, and what may have been done in the lost span is looked up.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import structlog
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.session import single_statements
from shared.engine.rules.continuity import Found, Note, loss
from shared.engine.store import continuity
from shared.ids import new_id
from shared.private_file import write_private
from shared.task_types.registry import outward_types

log = structlog.get_logger()

FILE = "database-note.json"
MARKED_AT_ONCE = 2_000
UNREADABLE = "the note outside it cannot be read"


class Continuity:
    """One dispatcher's memory of the database's earlier state."""

    def __init__(self, engine: AsyncEngine, home: Path) -> None:
        self._engine = engine
        self._path = home / FILE
        self._last: Note | None = None
        self._noted = float("-inf")

    async def compare(self, every_s: float) -> None:
        """Compare, pause everything if something is lost, and note the present state; not again within `every_s` seconds.

        The file is written after the database: what it says is in the database, whatever is lost afterwards.
        """
        if time.monotonic() - self._noted < every_s:
            return
        # Before the database: another dispatcher of this home may write meanwhile, and its note is in the database already.
        note, unreadable = await asyncio.to_thread(self._read)
        place = note.place if note else new_id()
        async with self._engine.begin() as connection:
            await continuity.take_turn(connection)
            row = await continuity.find(connection, place)
            lost = UNREADABLE if unreadable else await _lost(connection, note, row)
            number, token, noted_at = await continuity.note(connection, place, note.number if note else 0)
            if lost:
                until = note.noted_at if note else row.now
                since = min(row.noted_at or until, until)
                reason = await continuity.lose(connection, since=since, until=until, what=lost)
        if lost:
            log.error("database.came_back", reason=reason)
        self._last = Note(place, number, token, row.system_identifier, row.timeline, row.lsn, noted_at)
        await asyncio.to_thread(self._write, self._last)
        await self._mark()
        self._noted = time.monotonic()

    def forget(self) -> None:
        """Compare again at once: the connection broke, and the next one may reach another server."""
        self._noted = float("-inf")

    async def _mark(self) -> None:
        """Mark what may have been done in a lost span, until all is marked; nothing outward begins before.

        Tasks that are submitted while everything is paused may repeat ones that were lost: they are looked up too.
        """
        async with single_statements(self._engine).connect() as connection:
            unmarked, held = await continuity.is_unmarked(connection), await continuity.any_held(connection)
        if unmarked:
            await self._portions(continuity.mark)
        if held:
            await self._portions(continuity.mark_new)

    async def _portions(self, mark: Callable[[AsyncConnection, Sequence[str], int], Awaitable[int]]) -> None:
        types, marked = outward_types(), 1
        while marked:
            async with self._engine.begin() as connection:
                marked = await mark(connection, types, MARKED_AT_ONCE)
            if marked:
                log.info("database.tasks_in_doubt", tasks=marked)

    def _read(self) -> tuple[Note | None, bool]:
        """Return the last note, and whether there is one that cannot be read."""
        try:
            said = orjson.loads(self._path.read_bytes())
            return replace(
                Note(**said),
                place=UUID(said["place"]),
                token=UUID(said["token"]),
                noted_at=datetime.fromisoformat(said["noted_at"]),
            ), False
        except FileNotFoundError:
            return self._last, False
        except (ValueError, TypeError, KeyError):
            return self._last, True

    def _write(self, note: Note) -> None:
        """Write the note; a full disk stops nothing, since an older note shows a loss as well."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_private(self._path, orjson.dumps(asdict(note)).decode(), durable=True)
        except OSError as error:
            log.warning("database.not_noted", error=repr(error))


async def _lost(connection: AsyncConnection, note: Note | None, row: Row[Any]) -> str:
    """Return the evidence of a loss that nobody has found yet; "" where there is none."""
    if note is None:
        return ""
    found = Found(row.system_identifier, row.timeline, row.lsn, row.number, row.token)
    said = loss(note, found)
    # Another dispatcher found it while this one was down: all that was due until then is being looked up already.
    return "" if said and await continuity.found_since(connection, note.noted_at) else said
