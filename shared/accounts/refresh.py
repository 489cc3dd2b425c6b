"""How are an account's tokens refreshed, by one process at a time?

A caller that wants fresh tokens names the version that it holds. One gets the claim, which is a lease in the row and no
lock, asks the platform once, and stores the answer before anybody uses it; the others wait and take what is stored, or the
same failure. Only the platform's own statement that the token is dead pauses the account.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.accounts.credential import Credential, open_credential, opened
from shared.accounts.end_oauth import sealed_tokens
from shared.accounts.oauth import OAuthOf, Tokens
from shared.accounts.store import accounts, credentials
from shared.accounts.store.credentials import Stored
from shared.crypto import Keyring
from shared.db.retry_write import retry_write
from shared.db.session import single_statements
from shared.errors import ActionRequired, AuthExpired, CallsheetError, NotConfigured, Transient
from shared.ids import new_id

log = structlog.get_logger()

LEASE_S = 30.0  # three times the longest call
WAIT_S = 45.0
LOOK_S = 0.1
REST_S = 5.0  # after a failure the platform is not asked again for this long
FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 60.0, 3600.0
SIGN_IN_AGAIN = "sign_in_again"

# A request to a platform goes on until it is stored even when nobody waits for it any more.
_going_on: set[asyncio.Task[Credential]] = set()


@dataclass(frozen=True, slots=True)
class Refresher:
    """The tools of a refresh: PostgreSQL as a worker, our keys (read when they are needed), each platform's OAuth.

    `asked_for` holds, by account, the version that was fetched because the platform refused the one before, until it is
    used.
    """

    engine: AsyncEngine
    keyring: Callable[[], Keyring]
    oauth_of: OAuthOf
    asked_for: dict[UUID, int] = field(default_factory=dict)


async def refresh_account(*, by: Refresher, account: UUID, seen: int) -> Credential:
    """Return the account's credential in a version newer than `seen`.

    Raises:
        Transient: the platform did not answer, or not usefully; the account stays connected.
        ActionRequired: a person must sign in again; the account is paused and says so.
        NotConfigured: our app or key is wrong; the account stays connected.
    """
    ends, waited_for = time.monotonic() + WAIT_S, None
    while time.monotonic() < ends:
        async with single_statements(by.engine).connect() as connection:
            row = await credentials.read(connection, account)
            if row is None:
                raise ActionRequired(code="disconnected", message="The account is disconnected: connect it again.")
            if row.version > seen:
                return opened(by.keyring(), row)
            if not row.claimed:
                _raise_known(row, waited_for)
                me = new_id()
                claim = await credentials.claim(connection, account, seen=seen, me=me, lease_s=LEASE_S)
                if claim is not None:
                    return await _shielded(_Renewal(by, row, me, claim.tries).run())
            waited_for = row.tried_at
        await asyncio.sleep(LOOK_S)
    raise Transient(code="refresh_slow", message="Somebody refreshes this account's tokens and does not come to an end.")


def _raise_known(row: Row[Any], waited_for: datetime | None) -> None:
    """Raise the error of the last try, where this caller has waited for that try or it is recent."""
    if row.state == "paused" and row.state_code == SIGN_IN_AGAIN:
        raise ActionRequired(code=SIGN_IN_AGAIN, message=row.state_reason)
    if row.last_error is None or row.tried_at is None:
        return
    if row.tried_at == waited_for or row.now - row.tried_at < timedelta(seconds=REST_S):
        raise Transient(code="refresh_failed", message=row.last_error)


async def _shielded(renewal: Coroutine[Any, Any, Credential]) -> Credential:
    task = asyncio.create_task(renewal)
    _going_on.add(task)
    task.add_done_callback(_going_on.discard)
    return await asyncio.shield(task)


@dataclass(frozen=True, slots=True)
class _Renewal:
    """One request to the platform under one claim. `tries` counts requests since tokens were stored last, with this one."""

    by: Refresher
    row: Row[Any]
    me: UUID
    tries: int

    async def run(self) -> Credential:
        held = opened(self.by.keyring(), self.row).secret
        if "refresh_token" not in held:
            return await self._end_dead(
                AuthExpired(code="no_refresh_token", message="The platform gave out no refresh token.")
            )
        try:
            tokens = await self.by.oauth_of(self.row.platform).refresh(held["refresh_token"])
        except AuthExpired as error:
            return await self._end_dead(error)
        except CallsheetError as error:
            await self._give_back(error)
            if isinstance(error, NotConfigured):
                raise
            raise Transient(code=error.code, message=error.message) from error
        return await self._store(Tokens(tokens.access, tokens.refresh or held["refresh_token"], tokens.expires_in))

    async def _store(self, tokens: Tokens) -> Credential:
        owner, account = str(self.row.workspace_id), str(self.row.account_id)
        version = await self._renew(sealed_tokens(self.by.keyring(), owner, account, tokens))
        log.info("account.refreshed", account_id=account, version=version, tries=self.tries)
        return await retry_write(self._present)()

    @retry_write
    async def _renew(self, stored: Stored) -> int | None:
        async with single_statements(self.by.engine).connect() as connection:
            return await credentials.renew(connection, self.row.account_id, seen=self.row.version, stored=stored)

    async def _end_dead(self, error: AuthExpired) -> Credential:
        """Pause the account, unless a newer version was stored meanwhile, which is then used."""
        lost = " An earlier request got no answer that could be stored, so its tokens are lost." if self.tries > 1 else ""
        reason = f"{error.message}{lost} Connect the account again."
        values = {"seen": self.row.version, "me": self.me, "error": error.message, "refresh_in": None}
        async with self.by.engine.begin() as connection:
            was_ours = await credentials.give_back(connection, self.row.account_id, **values)
            if was_ours:
                await accounts.pause(
                    connection,
                    self.row.workspace_id,
                    self.row.account_id,
                    state="paused",
                    code=SIGN_IN_AGAIN,
                    reason=reason,
                    until=None,
                )
        if not was_ours:
            log.info("account.refresh_overtaken", account_id=str(self.row.account_id))
            return await self._present()
        log.warning("account.sign_in_dead", account_id=str(self.row.account_id), code=error.code)
        raise ActionRequired(code=SIGN_IN_AGAIN, message=reason) from error

    async def _give_back(self, error: CallsheetError) -> None:
        wait = min(FIRST_BACKOFF_S * 2.0 ** min(self.tries - 1, 10), LONGEST_BACKOFF_S)
        log.warning("account.refresh_failed", account_id=str(self.row.account_id), code=error.code, again_s=wait)
        async with single_statements(self.by.engine).connect() as connection:
            await credentials.give_back(
                connection,
                self.row.account_id,
                seen=self.row.version,
                me=self.me,
                error=error.message,
                refresh_in=timedelta(seconds=wait),
            )

    async def _present(self) -> Credential:
        """Return what is stored now.

        Raises:
            ActionRequired: nothing is: somebody has disconnected the account.
            Transient: still the old version: another process refreshes it.
        """
        found = await open_credential(engine=self.by.engine, keyring=self.by.keyring(), account=self.row.account_id)
        if found is None:
            raise ActionRequired(code="disconnected", message="The account was disconnected: connect it again.")
        if found.version <= self.row.version:
            raise Transient(code="refresh_overtaken", message="Another process refreshes this account's tokens.")
        return found
