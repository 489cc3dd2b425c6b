"""Which account does a client mean?"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.accounts.lookup import accounts
from shared.accounts.lookup.accounts import AccountRow
from shared.accounts.view import AccountView, view_account
from shared.db.database import Database
from shared.errors import NotFound
from shared.identity.caller import Caller
from shared.names import Names, require_name


async def find_account(*, database: Database, caller: Caller, platform: str, handle: str) -> AccountView:
    """Return one account.

    Raises:
        NotFound: there is none, or it is another workspace's.
    """
    async with database.read(caller.workspace_id) as connection:
        return view_account(await existing(connection, platform, handle))


async def find_handle(*, database: Database, caller: Caller, handle: str) -> str:
    """Return the handle, as it is stored, of whichever accounts are meant: on one platform or on several.

    Raises:
        NotFound: none has it; the message says which handles there are.
    """
    async with database.read(caller.workspace_id) as connection:
        return require_name("account", handle, await accounts.all_handles(connection), field="account")


async def of_scope(connection: AsyncConnection, scope: str, platforms: Names) -> AccountRow:
    """Return the account of a scope `account:<platform>/<handle>` or `account:<id>`.

    Raises:
        NotFound: there is no such account or platform.
    """
    named = scope.removeprefix("account:")
    platform, slash, handle = named.partition("/")
    if slash:
        found = await accounts.find(connection, platforms.require(platform, field="scope"), handle.lstrip("@"))
    else:
        found = await accounts.find_by_id(connection, UUID(named))
    if found is None:
        raise NotFound(field="scope", message=f"There is no account {named}.")
    return found


async def existing(connection: AsyncConnection, platform: str, handle: str) -> AccountRow:
    """Return the account's row.

    Raises:
        NotFound: there is none.
    """
    row = await accounts.find(connection, platform, handle)
    if row is None:
        raise NotFound(field="handle", message=f"There is no account {handle!r} on {platform!r}.")
    return row
