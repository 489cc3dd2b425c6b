"""How does a worker drive the browser of a joined host? Through the door, under the lane's lease, one session at a time."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.browser.door_calls import error_of
from connectors.browser.driver import BrowserSession
from connectors.browser.remote import RemotePage
from connectors.contract.action import AccountFacts
from connectors.contract.session import HostBrowser
from shared.clock import elapsed
from shared.door import Answer, Call
from shared.engine.rules.facts import Rest
from shared.engine.store.attempts import Process
from shared.errors import CallsheetError, OutcomeUnknown, Transient
from shared.hosts import relay
from shared.hosts.files import path_of
from shared.hosts.relay import DoorClient, Present
from shared.ids import new_id
from shared.settings import Settings
from workers.hosts.host_lease import HostLease
from workers.interrupted import GateClosed

TAKE_S = 60.0  # a browser may have to be started first
LEAVE_S = 10.0
AWAY_WAIT_S = 5.0
RESTING = "resting"  # a person came back between two reports of the host


class RemoteBrowser:
    """The `Sessions` of one transport of one joined host."""

    def __init__(
        self, settings: Settings, engine: AsyncEngine, who: Process, *, door: DoorClient, host: UUID, transport: str
    ) -> None:
        self._settings, self._engine, self._door, self._host, self._transport = settings, engine, door, host, transport
        self._holder = f"{who.host}:{who.pid}:{who.identity or new_id()}"
        self._leases: dict[str, HostLease] = {}
        self._alone = asyncio.Lock()
        self._token: int | None = None

    @asynccontextmanager
    async def session(self, account: AccountFacts) -> AsyncIterator[BrowserSession]:
        """Yield the account's page on the host, once nobody else drives its lane.

        Raises:
            GateClosed: the host is not connected, its lane pauses, or another process drives it.
            NotConfigured: the host has no such browser.
            Transient: it was lost as it began.
        """
        async with self._alone:
            present = await self._present()
            lease = self._lease_of(account.platform)
            async with lease.held():
                line = _Line(self._door, self._host, present, lease, self._settings.home)
                lease.on_loss = line.lose
                self._token = lease.token
                try:
                    await line.take(self._transport, account)
                    yield BrowserSession(RemotePage(line), account, self._settings.home / "selectors")
                finally:
                    self._token = None
                    await line.leave()

    def browser_of(self, account_id: str) -> HostBrowser | None:  # noqa: ARG002 - one session at a time
        """Return the host and the token under which the current session acts: only the host can end its browser."""
        return HostBrowser(self._settings.host_name, self._token) if self._token is not None else None

    def close(self) -> None:
        """Stop renewing."""
        for lease in self._leases.values():
            lease.close()

    async def _present(self) -> Present:
        present = await self._door.present(self._host)
        if (rest := rest_of(self._settings.host_name, present)) is not None:
            wait_s = AWAY_WAIT_S if rest.until is None else (rest.until - datetime.now(UTC)).total_seconds()
            raise GateClosed(message=f"lane: {rest.reason}", wait_s=max(1.0, wait_s))
        if present is None:
            raise GateClosed(message=f"lane: host {self._settings.host_name} is not connected", wait_s=AWAY_WAIT_S)
        return present

    def _lease_of(self, platform: str) -> HostLease:
        name = self._settings.host_name
        lane = f"safari.{name}" if self._transport == "safari" else f"chromium.{name}.{platform}"
        if lane not in self._leases:
            self._leases[lane] = HostLease(self._settings, self._engine, lane, self._holder)
        return self._leases[lane]


class _Line:
    """One session with a host: its calls in their order, each sent once."""

    def __init__(self, door: DoorClient, host: UUID, present: Present, lease: HostLease, home: Path) -> None:
        self._door, self._host, self._connection, self._lease, self._home = door, host, present.connection, lease, home
        self._session, self._number = uuid4().hex, 0
        self._token = lease.token or 0
        self._mark: tuple[float, float] | None = None
        self._lost = False
        self._alone = asyncio.Lock()

    def lose(self) -> None:
        """Send nothing more: another process has the lane, or the host is lost."""
        self._lost = True

    async def take(self, transport: str, account: AccountFacts) -> None:
        """Begin the session. The account's credentials stay here: the browser is signed in."""
        facts = {"id": account.id, "platform": account.platform, "handle": account.handle, "origin": account.origin}
        answer = await self._asked("take", {"transport": transport, "account": facts}, TAKE_S)
        if answer.error is None:
            return
        error = error_of(answer.error)
        if error.code == RESTING:
            raise GateClosed(message=f"lane: {error.message}", wait_s=AWAY_WAIT_S)
        raise error

    async def leave(self) -> None:
        """End the session; a host that does not receive this ends it with the next one, or with its connection."""
        with suppress(CallsheetError, TimeoutError):
            await self.ask("leave", {}, within=LEAVE_S)

    async def ask(self, do: str, given: dict[str, Any], *, within: float) -> Answer:
        """Ask the host to do one thing; see `Line`."""
        self._lease.check()
        async with self._alone:
            self._number += 1
            call = Call(
                id=uuid4().hex, connection=self._connection, lane=self._lease.lane, token=self._token,
                session=self._session, number=self._number, do=do, given=given, within=within,
            )  # fmt: skip
            if self._lost:
                raise Transient(code="session_lost", message=f"The session on {self._lease.lane} is over.")
            try:
                answer = await self._door.call(self._host, call)
            except relay.NotSent as error:
                self._lost = True
                raise Transient(code=error.code, message=error.message) from error
            except relay.NoAnswer as error:
                # The host may wait for a call that it did not receive: no more is sent in this session.
                self._lost = True
                raise OutcomeUnknown(code=error.code, message=error.message) from error
            self._mark = (answer.mark, elapsed())
        return answer

    async def confirm(self) -> None:
        """Check the lane in PostgreSQL; see `Line`."""
        await self._lease.confirm()

    def left_until(self, instant: float) -> tuple[float, float]:
        """Return the newest mark, and how far an instant is from its receipt: the way back counts against us."""
        if self._mark is None:
            raise Transient(code="no_mark", message="The host's clock is not known.")
        mark, heard = self._mark
        return mark, elapsed() + (instant - time.time()) - heard

    async def take_file(self, file: str) -> Path:
        """Return the path of a file that the host has sent."""
        try:
            return await asyncio.to_thread(path_of, self._home, self._host, UUID(file))
        except ValueError as error:
            raise Transient(code="file_lost", message="The host names no file.") from error

    async def lay_out(self, file: Path) -> str:
        """Offer a copy of a file for the host to fetch."""
        laid_out = uuid4()
        path = await asyncio.to_thread(path_of, self._home, self._host, laid_out)
        await asyncio.to_thread(shutil.copyfile, file, path)
        return laid_out.hex

    async def _asked(self, do: str, given: dict[str, Any], within: float) -> Answer:
        try:
            return await self.ask(do, given, within=within)
        except OutcomeUnknown as error:
            raise Transient(code=error.code, message=error.message) from error


def rest_of(host: str, present: Present | None) -> Rest | None:
    """Return why a joined host's lanes pause: as it reports, or because it is not connected."""
    if present is None:
        return Rest(f"host {host} is not connected", None)
    if not present.rest_reason:
        return None
    until = datetime.fromtimestamp(present.rest_until, UTC) if present.rest_until is not None else None
    return Rest(present.rest_reason, until)
