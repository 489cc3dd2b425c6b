"""Which accounts' tokens are refreshed now, ahead of their end?"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from shared.accounts.refresh import Refresher, refresh_account
from shared.accounts.store import credentials
from shared.db.session import single_statements
from shared.errors import ActionRequired, CallsheetError

# With 10 s for the longest call these are done within the attempt's time.
AT_ONCE = 8
MOST = 40


@dataclass(frozen=True, slots=True)
class Refreshed:
    """Numbers of accounts: with fresh tokens, to be tried again, and waiting for a person."""

    refreshed: int
    failed: int
    paused: int


async def refresh_due(*, by: Refresher) -> Refreshed:
    """Refresh what is due, the longest due first; what is left over is due in the next round."""
    async with single_statements(by.engine).connect() as connection:
        rows = await credentials.due(connection, limit=MOST)
    room = asyncio.Semaphore(AT_ONCE)

    async def one(account: UUID, version: int) -> str:
        async with room:
            try:
                await refresh_account(by=by, account=account, seen=version)
            except ActionRequired:
                return "paused"
            except CallsheetError:
                return "failed"  # reported in the log, and in the row
            return "refreshed"

    counted = Counter(await asyncio.gather(*(one(row.account_id, row.version) for row in rows)))
    return Refreshed(counted["refreshed"], counted["failed"], counted["paused"])
