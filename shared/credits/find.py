"""How many credits does an account have, as far as is known?"""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.accounts.lookup import accounts
from shared.accounts.lookup.accounts import AccountRow
from shared.db.database import Database
from shared.engine.rules.credits import UNREAD, Ledger, available, expected_refresh, refresh_interval
from shared.engine.store.limits import credits
from shared.errors import NotFound
from shared.identity.caller import Caller

_HOUR_S = 3600


class CreditsView(BaseModel):
    """The credits that may be spent. While `known` is false the amounts are null: unknown is not zero."""

    account: str
    known: bool = Field(description="Whether the last look could be read.")
    free: int | None
    paid: int | None
    total: int | None
    available: int | None = Field(description="What no waiting or running task has been promised.")
    checked_at: datetime | None = Field(description="When somebody looked last.")
    refreshes_at: datetime | None = Field(description="By the page's own word, else estimated from earlier refreshes.")
    refresh_interval_hours: float | None = Field(description="The median between observed refreshes, from two on.")


async def find_credits(*, database: Database, caller: Caller, platform: str, account: str | None) -> CreditsView:
    """Return the credits of one account of the platform; of the first one where none is named.

    Raises:
        NotFound: there is no such account.
    """
    async with database.read(caller.workspace_id) as connection:
        row = await spending_account(connection, platform, account)
        now, ledgers = await credits.ledgers(connection, [row.id])
    return view_credits(row.handle, ledgers.get(row.id, UNREAD), now)


async def spending_account(connection: AsyncConnection, platform: str, handle: str | None) -> AccountRow:
    """Return the account that is named, or the platform's first one.

    Raises:
        NotFound: there is none.
    """
    row = await (accounts.first_of(connection, platform) if handle is None else accounts.find(connection, platform, handle))
    if row is None:
        named = f"There is no account {handle!r} on {platform!r}." if handle else f"There is no account on {platform!r}."
        raise NotFound(field="account", message=named)
    return row


def view_credits(handle: str, ledger: Ledger, now: datetime) -> CreditsView:
    """Return a ledger as it is shown."""
    interval = refresh_interval(ledger.refreshes)
    seen = ledger.seen
    return CreditsView(
        account=handle,
        known=seen is not None and seen.known,
        free=seen.free if seen else None,
        paid=seen.paid if seen else None,
        total=seen.total if seen else None,
        available=available(ledger),
        checked_at=seen.checked_at if seen else None,
        refreshes_at=expected_refresh(ledger, now),
        refresh_interval_hours=round(interval.total_seconds() / _HOUR_S, 2) if interval else None,
    )
