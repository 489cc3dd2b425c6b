"""Where does a use case read and write, and who hears of it afterwards?"""

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
        """A transaction in one workspace that changes nothing."""
        return transaction(self.engine, workspace)

    def personal(self, person: UUID | None) -> AbstractAsyncContextManager[AsyncConnection]:
        """A transaction about what is one person's own, in no workspace; with None, before anybody is known."""
        return transaction(self.engine, None, person)

    @asynccontextmanager
    async def change(self, workspace: UUID, person: UUID | None = None) -> AsyncIterator[AsyncConnection]:
        """A transaction in one workspace; after its commit dispatchers and readers of events are told to look."""
        async with transaction(self.engine, workspace, person) as connection:
            yield connection
        self.hint()
        await asyncio.sleep(0)  # the hint goes out before the answer is put together
