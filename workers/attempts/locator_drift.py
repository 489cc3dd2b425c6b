"""How is drift of pages recorded? Once at an attempt's end, in one statement, and only where there is any."""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.contract.session import LocatorDrift
from shared.accounts.store import locator_drift
from shared.db.session import single_statements
from shared.engine.store.rows.task_rows import ClaimedAccount

log = structlog.get_logger()


async def note_drift(engine: AsyncEngine, account: ClaimedAccount | None, drift: Mapping[str, LocatorDrift]) -> None:
    """Record what other ways than the first have found; an error here changes nothing for the task."""
    if account is None or not drift:
        return
    found = [(one.locator, one.way, one.ways) for one in drift.values()]
    try:
        async with single_statements(engine).connect() as connection:
            await locator_drift.note(connection, locator_drift.PageKind.of(account), found)
    except (SQLAlchemyError, OSError) as trouble:
        log.warning("drift.not_noted", error=repr(trouble)[:300])
