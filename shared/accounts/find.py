"""Which account does a client mean?"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.accounts.store import accounts
from shared.accounts.view import AccountView, show
from shared.db.desk import Desk
from shared.errors import NotFound
from shared.identity.caller import Caller


async def find_account(*, desk: Desk, caller: Caller, platform: str, handle: str) -> AccountView:
    """One account.

    Raises:
        NotFound: there is none, or it is another workspace's.
    """
    async with desk.read(caller.workspace_id) as connection:
        return show(await existing(connection, platform, handle))


async def existing(connection: AsyncConnection, platform: str, handle: str) -> Row[Any]:
    """The account's row.

    Raises:
        NotFound: there is none.
    """
    row = await accounts.find(connection, platform, handle)
    if row is None:
        raise NotFound(field="handle", message=f"There is no account {handle!r} on {platform!r}.")
    return row
