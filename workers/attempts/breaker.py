"""What does the end of an attempt say about its destination, and how does the breaker change?"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db import events
from shared.db.session import single_statements
from shared.engine.rules.breaker import Rule, after_failure, word_of
from shared.engine.rules.facts import destination
from shared.engine.store.limits import breakers
from shared.engine.store.rows.task_rows import ClaimedTask
from shared.settings import Settings
from shared.task_types.spec import AnySpec

log = structlog.get_logger()


def rule_of(settings: Settings) -> Rule:
    """Return when breakers open, and for how long."""
    return Rule(
        failures=settings.breaker_failures,
        window=timedelta(seconds=settings.breaker_window_s),
        shortest=timedelta(seconds=settings.breaker_shortest_s),
        longest=timedelta(seconds=settings.breaker_longest_s),
    )


async def note_end(
    engine: AsyncEngine, settings: Settings, row: ClaimedTask, spec: AnySpec, error: BaseException | None, now: datetime
) -> None:
    """Count a failure, or forget all failures before an answer; an error here changes nothing for the task.

    Verifications of unknown outcomes do not count: they do no outward work.
    """
    word = word_of(error)
    if word is None or row.account is None or row.kind != "perform":
        return
    key = destination(row.account.platform, row.account.transport, spec.capability)
    try:
        if word == "answered":
            await _answered(engine, row, key)
            return
        async with engine.begin() as connection:
            await _failed(connection, settings, row, key, str(error), now)
    except (SQLAlchemyError, OSError) as trouble:
        log.warning("breaker.not_noted", key=key, error=repr(trouble)[:300])


async def _answered(engine: AsyncEngine, row: ClaimedTask, key: str) -> None:
    async with single_statements(engine).connect() as connection:
        was_open = await breakers.forget(connection, row.workspace_id, key)
        if was_open:
            log.info("breaker.closed", key=key)
            await events.append(connection, row.workspace_id, "scope.opened", {"keys": [key]})


async def _failed(
    connection: AsyncConnection, settings: Settings, row: ClaimedTask, key: str, error: str, now: datetime
) -> None:
    before = await breakers.lock(connection, row.workspace_id, key)
    breaker = after_failure(before, row.id, now, rule_of(settings))
    if breaker == before:
        return
    await breakers.keep(connection, row.workspace_id, key, breaker, error[:500])
    if breaker.opened != before.opened and breaker.opens_at is not None:
        log.warning("breaker.opened", key=key, failures=breaker.failures, opens_at=breaker.opens_at)
        reason = f"{breaker.failures} failures in a row"
        data = {"key": key, "gate": "connection", "reason": reason, "until": breaker.opens_at.isoformat()}
        await events.append(connection, row.workspace_id, "scope.parked", data)
