"""Disconnecting an account: its credentials are removed."""

from __future__ import annotations

from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.accounts.find import existing, find_account
from shared.accounts.lookup.accounts import AccountRow
from shared.accounts.oauth import OAuthOf
from shared.accounts.store import accounts, credentials
from shared.accounts.view import AccountView
from shared.crypto import Keyring
from shared.db.database import Database
from shared.errors import CallsheetError
from shared.identity.caller import Caller

log = structlog.get_logger()


async def disconnect_account(
    *, database: Database, caller: Caller, keyring: Keyring, oauth_of: OAuthOf, platform: str, handle: str
) -> AccountView:
    """Forget the account's credentials, with its event, and ask the platform to end its tokens.

    The account keeps its id and history; its tasks wait and say why. What the platform answers changes nothing here.

    Raises:
        NotFound: there is no such account.
    """
    async with database.change(caller.workspace_id) as connection:
        account = await existing(connection, platform, handle)
        sealed = await credentials.remove(connection, account.id)
        await accounts.set_state(
            connection,
            caller.workspace_id,
            account.id,
            state="disconnected",
            code="disconnected",
            reason=f"disconnected by {caller.name}",
            until=None,
        )
    if sealed is not None and account.sign_in == "oauth":
        await _revoke(keyring, oauth_of, account, sealed)
    return await find_account(database=database, caller=caller, platform=platform, handle=handle)


async def disconnect_from_host(connection: AsyncConnection, workspace: UUID, account: UUID, host: str) -> None:
    """Disconnect an account whose host is gone for good, with its event."""
    reason = f"host {host}, where it was signed in, is gone"
    await accounts.set_state(
        connection, workspace, account, state="disconnected", until=None, code="host_gone", reason=reason
    )


async def _revoke(keyring: Keyring, oauth_of: OAuthOf, account: AccountRow, sealed: str) -> None:
    try:
        secret = keyring.open(sealed, owner=str(account.workspace_id), account=str(account.id))
        oauth = oauth_of(account.platform)
        is_done = await oauth.revoke(secret.get("refresh_token") or secret["access_token"])
        log.info("account.revoked" if is_done else "account.not_revocable", account_id=str(account.id))
    except CallsheetError as error:
        # Removed here either way: a platform that does not answer must not keep an owner from disconnecting.
        log.warning("account.revoke_failed", account_id=str(account.id), code=error.code)
