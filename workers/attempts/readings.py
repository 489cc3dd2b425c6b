"""What does an attempt read of its account, changing nothing?"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from connectors.contract.film import Film
from connectors.contract.following import Following
from connectors.registry import MANIFESTS, load_asking, load_film, load_reader
from shared.errors import NotConfigured
from workers.attempts.session import AccountSession


@dataclass(frozen=True, slots=True)
class Readings:
    """The readings of one attempt, each in a session of its account."""

    session: AccountSession

    def patience_for(self, capability: str) -> Following:
        """Return the schedule of looks at what a capability orders, from the manifest.

        Raises:
            NotConfigured: the connector cannot do it.
        """
        acting = self.session.account
        declared = MANIFESTS[acting.platform].capability(capability, acting.transport)
        if declared is None:
            raise NotConfigured(code="unsupported", message=f"{acting.platform} does not declare {capability!r}.")
        return declared.following

    async def read(self, capability: str) -> Any:
        """Read something of the account."""
        reader = load_reader(self.session.account.platform, capability, self.session.account.transport)
        async with self.session.open() as session:
            return await reader.read(session)

    async def ask(self, capability: str, question: object) -> Any:
        """Read the answer to a question."""
        asking = load_asking(self.session.account.platform, capability, self.session.account.transport)
        async with self.session.open() as session:
            return await asking.ask(session, question)

    @asynccontextmanager
    async def following(self, capability: str) -> AsyncIterator[tuple[Film[Any], Any]]:
        """Yield what follows the order of a film, with a session for it."""
        film = load_film(self.session.account.platform, capability, self.session.account.transport)
        async with self.session.open() as session:
            yield film, session
