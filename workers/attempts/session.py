"""How does an attempt get at its account? By a session of the transport that drives it, signed in as the account."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from connectors.browser.driver import BrowserSession
from connectors.contract.action import AccountFacts
from connectors.contract.session import LocatorDrift
from connectors.registry import require_open
from shared.engine.store.rows.task_rows import ClaimedAccount, ClaimedTask
from shared.errors import NotConfigured
from workers.attempts.process import WorkerProcess
from workers.attempts.sign_in import SignIn


@dataclass
class AccountSession:
    """The sessions of one attempt's account. `drift` is what other ways than the first have found on their pages."""

    process: WorkerProcess
    row: ClaimedTask
    sign_in: SignIn = field(init=False)
    drift: dict[str, LocatorDrift] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        """Begin without a sign-in."""
        self.sign_in = SignIn(self.process.refresher, self.row.account)

    @property
    def account(self) -> ClaimedAccount:
        """Return the account.

        Raises:
            NotConfigured: the task has no account.
        """
        return self.row.acting

    @asynccontextmanager
    async def open(self) -> AsyncIterator[object]:
        """Yield the transport's session for this account; the browser it drives is recorded for the keeper.

        Raises:
            NotConfigured: this worker does not drive that transport, or its service was shut down.
        """
        acting = self.account
        transport = self.process.sessions.get(acting.transport)
        if transport is None:
            raise NotConfigured(setting="transport", message=f"This worker does not drive {acting.transport}.")
        credentials = await self.sign_in.credentials()
        account = AccountFacts(
            id=str(acting.id),
            platform=acting.platform,
            handle=acting.handle,
            origin=credentials.get("base_url", acting.origin).rstrip("/"),
            credentials=credentials,
        )
        require_open(account)
        async with transport.session(account) as session:
            await self.process.note_browser(self.row.attempt_id, transport.browser_of(account.id))
            try:
                yield session
            finally:
                if isinstance(session, BrowserSession):
                    self.drift |= {found.locator: found for found in session.driver.locator_drift()}
