"""How does an attempt sign in, and what is done when the platform refuses it? Refresh once, then give up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from shared.accounts.credential import Credential, open_credential
from shared.accounts.refresh import Refresher, refresh_account
from shared.engine.store.rows.task_rows import ClaimedAccount
from shared.errors import AuthExpired

T = TypeVar("T")


@dataclass
class SignIn:
    """One attempt's sign-in. `shown` is the credential that the platform saw last, None while there was none."""

    by: Refresher
    account: ClaimedAccount | None
    shown: Credential | None = None

    async def credentials(self) -> dict[str, str]:
        """Return the credentials of the account's session; empty for browser accounts, which are signed in.

        Raises:
            Transient, ActionRequired, NotConfigured: it has ended, and could not be refreshed.
        """
        if self.account is None or self.account.transport != "api":
            return {}
        account = self.account.id
        self.shown = await open_credential(engine=self.by.engine, keyring=self.by.keyring(), account=account)
        if self.shown is not None and self.shown.kind == "oauth" and self.shown.ends_soon:
            self.shown = await refresh_account(by=self.by, account=account, seen=self.shown.version)
        return self.shown.secret if self.shown is not None else {}

    async def twice(self, act: Callable[[], Awaitable[T]]) -> T:
        """Do something; where the platform says that the sign-in has ended, refresh it and do it once more.

        What was done already is in the ledger and is not repeated. A refused call counts as an action of the account;
        a pause may come between the two: the refreshed token is remembered until it is accepted.

        Raises:
            AuthExpired: there is nothing to refresh, or the fresh one is refused too.
        """
        if self.account is None:
            return await act()
        account = self.account.id
        try:
            done = await act()
        except AuthExpired:
            if self.shown is None or self.shown.kind != "oauth" or self.by.asked_for.get(account) == self.shown.version:
                raise
            fresh = await refresh_account(by=self.by, account=account, seen=self.shown.version)
            self.by.asked_for[account] = fresh.version
            done = await act()
        if self.shown is not None:
            self.by.asked_for.pop(account, None)  # it was accepted
        return done
