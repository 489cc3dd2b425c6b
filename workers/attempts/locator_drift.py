"""How is it kept that pages drift? Once at an attempt's end, in one statement, and only where there is something to say."""

from __future__ import annotations

from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from shared.accounts.store import locator_drift
from shared.db.session import single_statements
from workers.attempts.work import AttemptWork

log = structlog.get_logger()


async def note_drift(work: AttemptWork[Any]) -> None:
    """Note what other ways than the first have found; what cannot be noted changes nothing for the task."""
    if not work.session.drift:
        return
    found = [(one.locator, one.way, one.ways) for one in work.session.drift.values()]
    try:
        async with single_statements(work.engine).connect() as connection:
            await locator_drift.note(connection, locator_drift.PageKind.of(work.row), found)
    except (SQLAlchemyError, OSError) as trouble:
        log.warning("drift.not_noted", error=repr(trouble)[:300])
