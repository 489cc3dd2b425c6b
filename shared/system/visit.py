"""A visit of the live page."""

from __future__ import annotations

import structlog
from sqlalchemy.exc import SQLAlchemyError

from shared.db.database import Database
from shared.engine.store import sleep

log = structlog.get_logger()


async def note_visit(*, database: Database) -> None:
    """Wake the system where it sleeps; the page is there also while the database is not.

    The page itself knows no key yet, and a visit reveals nothing to its visitor. Event streams do not count: a page that is
    left open reconnects its stream every few minutes, and would never let the system sleep.
    """
    try:
        async with database.engine.begin() as connection:
            woken = await sleep.call_off(connection, "visit", only_asleep=True)
    except (SQLAlchemyError, OSError) as error:
        log.warning("visit.not_noted", error=repr(error)[:300])
        return
    if woken:
        database.hint()
