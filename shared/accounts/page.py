"""Which accounts are there?"""

from __future__ import annotations

from pydantic import BaseModel

from shared.accounts.lookup import accounts
from shared.accounts.view import AccountView, view_account
from shared.cursor import id_in, of_id
from shared.db.database import Database
from shared.identity.caller import Caller


class AccountPage(BaseModel):
    """Accounts, newest first."""

    items: list[AccountView]
    next_cursor: str | None


async def list_accounts(*, desk: Database, caller: Caller, cursor: str | None, limit: int) -> AccountPage:
    """A page of the workspace's accounts."""
    async with desk.read(caller.workspace_id) as connection:
        rows = await accounts.page(connection, before=id_in(cursor) if cursor else None, limit=limit + 1)
    items = [view_account(row) for row in rows[:limit]]
    return AccountPage(items=items, next_cursor=of_id(items[-1].id) if len(rows) > limit else None)
