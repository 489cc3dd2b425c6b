"""What does an action over a platform's API work with?"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from connectors.contract.action import AccountFacts
from connectors.http.egress import Answer, Call, Egress
from connectors.http.exchange import Exchange
from connectors.http.faults import NotSent
from shared.errors import Conflict, NotConfigured

MOST_KEPT = 8


@dataclass(frozen=True, slots=True)
class ApiSession:
    """The one client for outgoing requests, and the account with its credentials; `exchanges` are its last ones."""

    egress: Egress
    account: AccountFacts
    exchanges: deque[Exchange] = field(default_factory=lambda: deque(maxlen=MOST_KEPT))

    async def get(self, url: str, *, headers: Mapping[str, str], most: int) -> Answer:
        """GET once.

        Raises:
            NotConfigured: the address may not be called from here.
            Transient: no answer.
        """
        try:
            return self._kept("GET", url, headers, b"", await self.egress.get(url, headers=headers, most=most))
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
            answer = await self.egress.send(url, call)
        except Conflict as error:
            raise NotSent(code=error.code, message=error.message) from error
        sent = call.body if isinstance(call.body, bytes) else b"(a part of a file)"
        return self._kept(call.method, url, call.headers, sent, answer)

    async def post(self, url: str, *, body: bytes, headers: Mapping[str, str], most: int) -> Answer:
        """POST once, as the one call of an action.

        Raises:
            NotSent: nothing has left: no connection, no such name, or an address that may not be called.
            Transient: no answer; it may have arrived.
        """
        try:
            answer = await self.egress.post(url, body=body, headers=headers, most=most)
        except Conflict as error:
            raise NotSent(code=error.code, message=error.message) from error
        return self._kept("POST", url, headers, body, answer)

    def proof_of(self, external_id: str) -> bytes | None:
        """Return the newest exchange that names this as proof, without secrets; None where none does."""
        named = [one for one in self.exchanges if one.mentions(external_id)]
        # The exchange that made it proves more than later readings of it.
        made = [one for one in named if one.method != "GET"]
        return (made or named)[-1].as_proof(self.account.credentials) if named else None

    def _kept(self, method: str, url: str, headers: Mapping[str, str], sent: bytes, answer: Answer) -> Answer:
        at = datetime.now(UTC)
        self.exchanges.append(Exchange(at, method, url, headers, sent, answer.status, answer.headers, answer.body))
        return answer


@dataclass(frozen=True, slots=True)
class ApiSessions:
    """The transport `api` as a worker process drives it; no process acts beside ours."""

    egress: Egress

    @asynccontextmanager
    async def session(self, account: AccountFacts) -> AsyncIterator[ApiSession]:
        """Yield a session; nothing is opened before the first request."""
        yield ApiSession(self.egress, account)

    def browser_of(self, account_id: str) -> None:
        """Return None: there is no browser."""
