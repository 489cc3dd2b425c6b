"""What of an account's inbox is known already?"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from shared.accounts.acting import ActingAccount
from shared.db.session import single_statements
from shared.inbox import repository


async def known_ids(*, engine: AsyncEngine, account: ActingAccount) -> frozenset[str]:
    """Return the platform's ids of the newest 500 things that others wrote."""
    async with single_statements(engine).connect() as connection:
        return await repository.known(connection, account.id)
