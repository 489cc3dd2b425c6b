"""How does a worker drive the Safari of its Mac? Under the lane's lease, one session at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.browser.safari.driver import Safari
from connectors.contract.action import AccountFacts
from shared.engine.store.attempts import Process
from shared.ids import new_id
from shared.settings import Settings
from workers.hosts.host_lease import HostLease
from workers.hosts.mac_in_use import require_free


class SafariLane:
    """The `Sessions` of the transport `safari`."""

    def __init__(self, settings: Settings, engine: AsyncEngine, who: Process) -> None:
        self._settings = settings
        holder = f"{who.host}:{who.pid}:{who.identity or new_id()}"
        self.lease = HostLease(settings, engine, f"safari.{settings.host_name}", holder)
        self.safari = Safari(settings, self.lease)
        self.lease.on_loss = self.safari.scripts.stop

    @asynccontextmanager
    async def session(self, account: AccountFacts) -> AsyncIterator[object]:
        """Yield a session in the window of Safari, once nobody else drives it.

        Raises:
            GateClosed: another process drives it, the lane is out of its hours, or a person uses the Mac.
            NotConfigured: this machine has no Safari that we may drive.
            Transient: it was lost as it began.
        """
        await require_free(self._settings, datetime.now().astimezone())
        async with self.lease.held(), self.safari.session(account) as session:
            yield session

    def browser_of(self, account_id: str) -> None:
        """Return None: nobody may end Safari, which a person uses as well."""
        self.safari.browser_of(account_id)

    def close(self) -> None:
        """Stop renewing, and end what still runs."""
        self.lease.close()
        self.safari.scripts.stop()
