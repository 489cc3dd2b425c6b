"""Removing an account that never did anything."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from shared.accounts.find import existing
from shared.accounts.store import accounts
from shared.accounts.view import AccountView, view_account
from shared.db import events
from shared.db.constraint import FOREIGN_KEY, violated
from shared.db.database import Database
from shared.errors import Conflict
from shared.identity.caller import Caller


async def remove_account(*, database: Database, caller: Caller, platform: str, handle: str) -> AccountView:
    """Remove an account with its credentials, limits and consents; the answer shows it as it was.

    Raises:
        NotFound: there is no such account.
        Conflict: tasks, runs, schedules or observations of it are kept: it can only be disconnected.
    """
    try:
        async with database.change(caller.workspace_id) as connection:
            row = await existing(connection, platform, handle)
            await accounts.remove(connection, row.id)
            data = {"platform": platform, "account": handle, "by": caller.name}
            await events.append(connection, caller.workspace_id, "account.deleted", data)
    except IntegrityError as error:
        if not violated(error).startswith(FOREIGN_KEY):
            raise
        message = f"{platform}/{handle} has a history, which is kept: disconnect it instead."
        raise Conflict(code="has_history", field="handle", message=message) from error
    return view_account(row)
