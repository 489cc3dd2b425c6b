"""A platform has sent a person back: which account is connected now?"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from shared.accounts.begin_oauth import hash_of
from shared.accounts.connect import NewAccount, keep, place_account
from shared.accounts.find import find_account
from shared.accounts.oauth import OAuth, OAuthOf, Tokens, Who, refresh_after
from shared.accounts.platform import Platforms
from shared.accounts.store import accounts, oauth_requests
from shared.accounts.store.credentials import Stored
from shared.accounts.view import AccountView
from shared.crypto import Keyring
from shared.db.database import Database
from shared.errors import AuthExpired, Conflict
from shared.identity.caller import Caller


@dataclass(frozen=True, slots=True)
class CameBack:
    """The parameters that the platform sent: a code, or why there is none."""

    state: str = field(repr=False)
    code: str | None = field(default=None, repr=False)
    error: str | None = None


async def end_oauth(
    *, database: Database, caller: Caller, keyring: Keyring, oauth_of: OAuthOf, platforms: Platforms, came: CameBack
) -> AccountView:
    """Exchange the code, ask whose it is, and store the tokens; the account is made, or keeps its id and history.

    The state is used up, whatever the result.

    Raises:
        Conflict: nobody began this, or it was somebody else, or too long ago, or it was used; the person refused; somebody
            else than expected signed in; the platform refused the code.
        Transient, RateLimited: the platform did not answer; begin again.
        NotConfigured: our app is not known there.
    """
    async with database.change(caller.workspace_id) as connection:
        begun = await oauth_requests.take(connection, hash_of(came.state), caller.id)
    if begun is None or not begun.in_time:
        message = "This sign-in was not begun by you, was used already, or is older than 10 minutes: begin again."
        raise Conflict(code="state_unknown", field="state", message=message)
    if came.code is None:
        said = (came.error or "no code")[:100]
        raise Conflict(code="sign_in_refused", field="code", message=f"Nobody was signed in: {said}.")
    oauth = oauth_of(begun.platform)
    verifier = keyring.open(begun.sealed, owner=str(caller.workspace_id), account=str(caller.id))["verifier"]
    try:
        tokens = await oauth.exchange(came.code, verifier)
        who = await oauth.who(tokens.access)
    except AuthExpired as error:
        raise Conflict(code=error.code, field="code", message=f"{error.message} Begin again.") from error
    return await _store(database, caller, keyring, platforms, begun, (oauth, tokens, who))


async def _store(
    database: Database,
    caller: Caller,
    keyring: Keyring,
    platforms: Platforms,
    begun: Row[Any],
    got: tuple[OAuth, Tokens, Who],
) -> AccountView:
    _, tokens, who = got
    if begun.handle is not None and who.handle.casefold() != begun.handle.casefold():
        message = f"{who.handle} signed in, {begun.handle} was expected."
        raise Conflict(code="wrong_account", field="handle", message=message)
    wanted = NewAccount(platform=begun.platform, handle=who.handle, persona=begun.persona_id, transport="api")
    async with database.change(caller.workspace_id) as connection:
        placed = await place_account(connection, caller, platforms[begun.platform], wanted)
        await accounts.change(connection, placed.account, {"external_id": who.id})
        stored = sealed_tokens(keyring, str(caller.workspace_id), str(placed.account), tokens)
        await keep(connection, caller, placed, "oauth", stored)
    return await find_account(database=database, caller=caller, platform=begun.platform, handle=placed.handle)


def sealed_tokens(keyring: Keyring, owner: str, account: str, tokens: Tokens) -> Stored:
    """Return tokens as they are stored; without a refresh token there is no time for a refresh."""
    secret = {"access_token": tokens.access} | ({"refresh_token": tokens.refresh} if tokens.refresh else {})
    ends_in = None if tokens.expires_in is None else timedelta(seconds=tokens.expires_in)
    refresh_in = refresh_after(tokens.expires_in) if tokens.refresh else None
    return Stored(keyring.seal(secret, owner=owner, account=account), ends_in, refresh_in)
