"""How are events sent to webhooks? By a sender that runs beside the attempts of the system pool.

It makes deliveries of new events, claims what is due, and sends each on its own: a slow or dead receiver takes only its
own few slots. It is no task, since a message of many would be as slow as its slowest and a
task for each would be more events to deliver. Several may run; a claim is a lease in the row. After a crash in
between, the event is sent again under the same id: at least once.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.http.egress import Egress
from connectors.http.retry_after import retry_after
from connectors.http.webhook import deliver
from shared.db import events
from shared.db.session import single_statements
from shared.engine.rules.deliveries import next_try
from shared.errors import CallsheetError
from shared.events import event_of
from shared.settings import Settings
from shared.webhooks import repository as webhooks
from shared.webhooks.repository import ClaimedDelivery
from shared.webhooks.view import without_query

log = structlog.get_logger()

AT_ONCE = 500
EACH = 8
LIMIT = 64
LEASE_S = 60.0
GONE = 410
LONGEST_ERROR = 500
_JITTER = random.SystemRandom()


class WebhookSender:
    """Deliveries that this process is sending. Those that fail have slots of their own."""

    def __init__(self, engine: AsyncEngine, settings: Settings, egress: Egress) -> None:
        self._engine = engine
        self._single = single_statements(engine)
        self._settings = settings
        self._egress = egress
        self.finished: Callable[[], None] = lambda: None
        self._on_the_way: dict[asyncio.Task[None], tuple[UUID, bool]] = {}

    async def round(self) -> int:
        """Make deliveries of new events and send what is due; return how many were started."""
        async with self._single.connect() as connection:
            if not await webhooks.is_any(connection):
                return 0
            await webhooks.fan_out(connection, AT_ONCE)
            return await self._set_out(connection, failing=False) + await self._set_out(connection, failing=True)

    def _arrived(self, done: asyncio.Task[None]) -> None:
        self._on_the_way.pop(done, None)
        self.finished()

    async def settle(self) -> None:
        """Wait until everything under way is sent."""
        if self._on_the_way:
            await asyncio.gather(*self._on_the_way, return_exceptions=True)

    async def _set_out(self, connection: Any, *, failing: bool) -> int:
        room = LIMIT - Counter(kind for _, kind in self._on_the_way.values())[failing]
        if room <= 0:
            return 0
        busy = [webhook for webhook, _ in self._on_the_way.values()]
        rows = await webhooks.claim(connection, failing=failing, each=EACH, busy=busy, limit=room, lease_s=LEASE_S)
        for row in rows:
            task = asyncio.create_task(self._deliver(row))
            self._on_the_way[task] = (row.webhook_id, failing)
            task.add_done_callback(self._arrived)
        return len(rows)

    async def _deliver(self, row: ClaimedDelivery) -> None:
        status, asked = None, None
        try:
            body = event_of(row).model_dump_json()
            answer = await deliver(
                self._egress, url=row.url, secret=self._secret(row), delivery=row.id, at=row.now, body=body
            )
            status, problem = answer.status, f"The receiver answered {answer.status}."
            asked = retry_after(answer.headers, row.now)
        except CallsheetError as error:
            problem = str(error)
        try:
            if status is not None and 200 <= status < 300:  # noqa: PLR2004 - what HTTP calls success
                async with self._single.connect() as connection:
                    await webhooks.taken(connection, row.id, status)
            else:
                await self._refused(row, status, problem, asked)
        except (SQLAlchemyError, OSError) as error:
            log.warning("delivery.not_noted", delivery=str(row.id), error=repr(error)[:300])  # then it is sent again

    async def _refused(self, row: ClaimedDelivery, status: int | None, problem: str, asked: datetime | None) -> None:
        give_up = timedelta(hours=self._settings.webhook_give_up_h)
        again = next_try(tries=row.tries, since=row.since, now=row.now, give_up=give_up, jitter=_JITTER, asked=asked)
        log.info("delivery.refused", delivery=str(row.id), webhook=str(row.webhook_id), status=status)
        async with self._engine.begin() as connection:
            disabled = await webhooks.refused(
                connection,
                row.id,
                status=status,
                error=problem[:LONGEST_ERROR],
                next_at=again,
                rests_until=asked,
                gone=status == GONE,
                give_up_s=give_up.total_seconds(),
            )
            if disabled is not None:
                data = {"webhook": str(disabled.id), "url": without_query(disabled.url), "reason": problem[:LONGEST_ERROR]}
                await events.append(connection, disabled.workspace_id, "webhook.disabled", data)

    def _secret(self, row: ClaimedDelivery) -> str:
        # Read each time: a key may have been added since.
        keyring = self._settings.keyring()
        return keyring.open(row.secret, owner=str(row.workspace_id), account=str(row.webhook_id))["secret"]
