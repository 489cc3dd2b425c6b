"""Does this installation have an owner? While it has none, the gateway logs at its start how to become the owner."""

from __future__ import annotations

import asyncio
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from shared.db.database import Database
from shared.identity.setup import offer_setup

log = structlog.get_logger()

AGAIN_S = 5.0


async def keep_offering(database: Database, home: Path) -> None:
    """Offer the set-up once; repeat until PostgreSQL answers with this version's schema."""
    while True:
        try:
            await offer_setup(database=database, home=home)
        except (SQLAlchemyError, OSError) as error:
            log.warning("setup.not_asked", error=repr(error)[:200])
            await asyncio.sleep(AGAIN_S)
        else:
            return
