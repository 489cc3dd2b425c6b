"""Pausing an account."""

from __future__ import annotations

from shared.accounts.find import existing, find_account
from shared.accounts.store import accounts
from shared.accounts.view import AccountView
from shared.db.database import Database
from shared.identity.caller import Caller


async def pause_account(*, database: Database, caller: Caller, platform: str, handle: str) -> AccountView:
    """Pause an account until somebody resumes it.

    Raises:
        NotFound: there is no such account.
    """
    async with database.change(caller.workspace_id) as connection:
        account = await existing(connection, platform, handle)
        reason = f"paused by {caller.name}"
        await accounts.pause(
            connection,
            caller.workspace_id,
            account.id,
            state="paused",
            code="paused_by_person",
            reason=reason,
            until=None,
        )
    return await find_account(database=database, caller=caller, platform=platform, handle=handle)
