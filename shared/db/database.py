"""How does a use case read and write, and who is told of a change afterwards?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.session import transaction


@dataclass(frozen=True, slots=True)
class Database:
    """The database as one role sees it. `hint` is called after each commit and must not wait."""

    engine: AsyncEngine
    hint: Callable[[], None]

    def read(self, workspace: UUID) -> AbstractAsyncContextManager[AsyncConnection]:
        """Return a transaction in one workspace that changes nothing."""
        return transaction(self.engine, workspace)

    def personal(self, person: UUID | None) -> AbstractAsyncContextManager[AsyncConnection]:
        """Return a transaction about one person's own data, in no workspace; None: before the person is known."""
        return transaction(self.engine, None, person)

    @asynccontextmanager
    async def change(self, workspace: UUID, person: UUID | None = None) -> AsyncIterator[AsyncConnection]:
        """Open a transaction in one workspace; after its commit dispatchers and readers of events are told to look."""
        async with transaction(self.engine, workspace, person) as connection:
            yield connection
        self.hint()
        await asyncio.sleep(0)  # the hint is sent before the answer is put together
