"""What does an action over a platform's API work with?"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from connectors.contract.action import AccountFacts
from connectors.http.egress import Egress


@dataclass(frozen=True, slots=True)
class ApiSession:
    """The one client for outgoing requests, and the account with its credentials."""

    egress: Egress
    account: AccountFacts


@dataclass(frozen=True, slots=True)
class ApiSessions:
    """The transport `api` as a worker process drives it; no process acts beside ours."""

    egress: Egress

    @asynccontextmanager
    async def session(self, account: AccountFacts) -> AsyncIterator[ApiSession]:
        """A session; nothing is opened before something is asked."""
        yield ApiSession(self.egress, account)

    def process_of(self, account_id: str) -> tuple[int, str | None] | None:  # noqa: ARG002 - the contract's shape
        """None."""
        return None
