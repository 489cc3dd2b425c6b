"""Which accounts are there?"""

from __future__ import annotations

from shared.accounts.lookup import accounts
from shared.accounts.view import AccountView, view_account
from shared.cursor import id_in
from shared.db.database import Database
from shared.identity.caller import Caller
from shared.page import Page


class AccountPage(Page[AccountView]):
    """Accounts, newest first."""


async def list_accounts(*, database: Database, caller: Caller, cursor: str | None, limit: int) -> AccountPage:
    """Return a page of the workspace's accounts."""
    async with database.read(caller.workspace_id) as connection:
        rows = await accounts.page(connection, before=id_in(cursor) if cursor else None, limit=limit + 1)
    items = [view_account(row) for row in rows[:limit]]
    return AccountPage.of(items, len(rows))
