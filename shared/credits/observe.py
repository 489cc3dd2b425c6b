"""What was read on a page of credits is stored, and tasks that wait for credits are asked again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from shared.accounts.acting import ActingAccount
from shared.db import events
from shared.engine.rules.credits import Observation, is_refresh
from shared.engine.store import tasks
from shared.engine.store.limits import credits


async def observe_credits(*, engine: AsyncEngine, account: ActingAccount, task_id: UUID, seen: Observation) -> None:
    """Store an observation with its event, in one transaction."""
    about: dict[str, Any] = {"platform": account.platform, "account": account.handle}
    async with engine.begin() as connection:
        await tasks.wake(connection, f"credits:{account.id}")
        await credits.lock(connection, [account.id])
        refreshed = is_refresh(await credits.newest_known(connection, account.id), seen)
        row = {
            "workspace_id": account.workspace_id,
            "platform": account.platform,
            "account_id": account.id,
            "known": seen.known,
            "free": seen.free,
            "paid": seen.paid,
            "refreshes_at": seen.refreshes_at,
            "refreshed": refreshed,
            "checked_at": seen.checked_at,
        }
        await credits.observe(connection, row)
        kind = "credits.refreshed" if seen.known else "credits.unknown"
        if seen.known:
            about |= {"free": seen.free, "paid": seen.paid, "refreshes_at": seen.refreshes_at, "refreshed": refreshed}
        await events.append(connection, account.workspace_id, kind, about, task=task_id)
