"""Which accounts can act now, and how much of their budgets is used?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.accounts.lookup import accounts
from shared.db.database import Database
from shared.engine.rules.budgets import Use, Used, uses
from shared.engine.rules.facts import AccountState
from shared.engine.rules.health import Word, health_of, tightest
from shared.engine.rules.ledger import share_of
from shared.engine.rules.limits import Limits
from shared.engine.store import facts
from shared.engine.store.limits import budgets
from shared.identity.caller import Caller

MOST_ACCOUNTS = 1_000


class PlatformResource(BaseModel):
    """One account, what it can do now, and its tightest budget."""

    platform: str
    account: str
    state: Word = Field(description="`broken` is what is not its own: a changed page, a destination or host without answer.")
    reason: str
    until: datetime | None = Field(description="When that ends by itself, where it is known.")
    used: int | None = Field(
        description="Actions that count in the rule with the least left; null where nothing is limited."
    )
    max: int | None = Field(description="What that rule allows.")


class PlatformResources(BaseModel):
    """The workspace's accounts, by platform and handle; at most 1,000."""

    items: list[PlatformResource]


async def list_platform_resources(*, database: Database, caller: Caller) -> PlatformResources:
    """Return every account with its state and its tightest budget, counted from the ledger."""
    async with database.read(caller.workspace_id) as connection:
        rows = await accounts.page(connection, limit=MOST_ACCOUNTS)
        known = await facts.load(connection, lanes=(), accounts=[row.id for row in rows])
        ledger = _Ledger(connection, caller.workspace_id)
        items = []
        for row in sorted(rows, key=lambda one: (one.platform, one.handle)):
            health = health_of(row.id, row.platform, caller.workspace_id, known)
            use = tightest(await ledger.uses_of(known.accounts[row.id], known.now))
            items.append(
                PlatformResource(
                    platform=row.platform,
                    account=row.handle,
                    state=health.state,
                    reason=health.reason,
                    until=health.until,
                    used=use.used if use else None,
                    max=use.max if use else None,
                )
            )
    return PlatformResources(items=items)


class _Ledger:
    """Reads each scope once, however many accounts share it."""

    def __init__(self, connection: AsyncConnection, workspace: UUID) -> None:
        self._connection = connection
        self._workspace = workspace
        self._read: dict[str, Sequence[Used]] = {}

    async def uses_of(self, account: AccountState, now: datetime) -> list[Use]:
        found: list[Use] = []
        for scope, limits in account.limits:
            found += uses(limits, await self._of(scope, limits), now, share=share_of(account, scope, now))
        return found

    async def _of(self, scope: str, limits: Limits) -> Sequence[Used]:
        if scope not in self._read:
            self._read[scope] = await budgets.of_scope(self._connection, self._workspace, scope, limits)
        return self._read[scope]
