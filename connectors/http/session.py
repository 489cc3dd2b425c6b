"""What does an action over a platform's API work with?"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from connectors.contract.action import AccountFacts
from connectors.http.egress import Answer, Call, Egress
from connectors.http.faults import NotSent
from shared.errors import Conflict, NotConfigured


@dataclass(frozen=True, slots=True)
class ApiSession:
    """The one client for outgoing requests, and the account with its credentials."""

    egress: Egress
    account: AccountFacts

    async def get(self, url: str, *, headers: Mapping[str, str], most: int) -> Answer:
        """GET once.

        Raises:
            NotConfigured: the address may not be called from here.
            Transient: no answer.
        """
        try:
            return await self.egress.get(url, headers=headers, most=most)
        except Conflict as error:
            raise NotConfigured(code=error.code, message=error.message, setting="CALLSHEET_EGRESS_ALLOWED") from error

    async def send(self, url: str, call: Call) -> Answer:
        """Send any request once: PUT, PATCH, DELETE, or one whose body is a part of a file.

        Raises:
            NotSent: nothing has left: no connection, no such name, or an address that may not be called.
            ContentRejected: the file is not what it was when it was counted.
            Transient: no answer; it may have arrived.
        """
        try:
            return await self.egress.send(url, call)
        except Conflict as error:
            raise NotSent(code=error.code, message=error.message) from error

    async def post(self, url: str, *, body: bytes, headers: Mapping[str, str], most: int) -> Answer:
        """POST once, as the one call of an action.

        Raises:
            NotSent: nothing has left: no connection, no such name, or an address that may not be called.
            Transient: no answer; it may have arrived.
        """
        try:
            return await self.egress.post(url, body=body, headers=headers, most=most)
        except Conflict as error:
            raise NotSent(code=error.code, message=error.message) from error


@dataclass(frozen=True, slots=True)
class ApiSessions:
    """The transport `api` as a worker process drives it; no process acts beside ours."""

    egress: Egress

    @asynccontextmanager
    async def session(self, account: AccountFacts) -> AsyncIterator[ApiSession]:
        """A session; nothing is opened before something is asked."""
        yield ApiSession(self.egress, account)

    def browser_of(self, account_id: str) -> None:
        """Return None: there is no browser."""
