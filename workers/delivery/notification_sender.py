"""How are people notified of events? By a message for each cause in an hour, tried for some hours.

A service that hangs takes one slot of this process, and the only one of its notification.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.http.egress import Egress
from connectors.http.notify import THREADS, notify
from shared.db.session import single_statements
from shared.engine.rules.deliveries import next_try
from shared.errors import CallsheetError
from shared.notifications import repository as notifications
from shared.notifications.repository import ClaimedNotice
from shared.notifications.words import words_of
from shared.settings import Settings

log = structlog.get_logger()

AT_ONCE = 500
LEASE_S = 60.0
GIVE_UP = timedelta(hours=6)
LONGEST_ERROR = 500
_JITTER = random.SystemRandom()


class NotificationSender:
    """Messages that this process is sending."""

    def __init__(self, engine: AsyncEngine, settings: Settings, egress: Egress) -> None:
        self._single = single_statements(engine)
        self._settings = settings
        self._egress = egress
        self.finished: Callable[[], None] = lambda: None
        self._on_the_way: dict[asyncio.Task[None], UUID] = {}

    async def round(self) -> int:
        """Make messages of new events and send what is due; return how many were started."""
        room = THREADS - len(self._on_the_way)
        async with self._single.connect() as connection:
            if not await notifications.is_any(connection):
                return 0
            await notifications.fan_out(connection, AT_ONCE)
            if room <= 0:
                return 0
            busy = list(self._on_the_way.values())
            rows = await notifications.claim(connection, busy=busy, limit=room, lease_s=LEASE_S)
        for row in rows:
            task = asyncio.create_task(self._tell(row))
            self._on_the_way[task] = row.notification_id
            task.add_done_callback(self._arrived)
        return len(rows)

    def _arrived(self, done: asyncio.Task[None]) -> None:
        self._on_the_way.pop(done, None)
        self.finished()

    async def settle(self) -> None:
        """Wait until everything under way is sent."""
        if self._on_the_way:
            await asyncio.gather(*self._on_the_way, return_exceptions=True)

    async def _tell(self, row: ClaimedNotice) -> None:
        outcome: dict[str, Any] = {"state": "sent"}
        title, body = words_of(row.type, row.data, row.task_id)
        try:
            await notify(self._egress, self._target(row), title=title, body=body)
        except CallsheetError as error:
            again = next_try(tries=row.tries, since=row.created_at, now=row.now, give_up=GIVE_UP, jitter=_JITTER)
            state = "dead" if again is None else "pending"
            outcome = {"state": state, "error": str(error)[:LONGEST_ERROR], "next_at": again}
            log.info("notice.not_taken", notice=str(row.id), code=error.code)
        try:
            async with self._single.connect() as connection:
                await notifications.note(connection, row.id, **outcome)
        except (SQLAlchemyError, OSError) as error:
            log.warning("notice.not_noted", notice=str(row.id), error=repr(error)[:300])

    def _target(self, row: ClaimedNotice) -> str:
        owner, account = str(row.workspace_id), str(row.notification_id)
        return self._settings.keyring().open(row.target, owner=owner, account=account)["target"]
