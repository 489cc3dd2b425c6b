"""Resuming an account."""

from __future__ import annotations

from shared.accounts.find import existing, find_account
from shared.accounts.store import accounts
from shared.accounts.view import AccountView
from shared.db.database import Database
from shared.errors import Conflict
from shared.identity.caller import Caller


async def resume_account(*, database: Database, caller: Caller, platform: str, handle: str) -> AccountView:
    """Resume an account, whatever it was paused for.

    Raises:
        NotFound: there is no such account.
        Conflict: it is disconnected, so it has to be connected first.
    """
    async with database.change(caller.workspace_id) as connection:
        account = await existing(connection, platform, handle)
        if account.state == "disconnected":
            raise Conflict(code="disconnected", message="The account is disconnected: connect it again first.")
        await accounts.resume(connection, caller.workspace_id, account.id)
    return await find_account(database=database, caller=caller, platform=platform, handle=handle)
