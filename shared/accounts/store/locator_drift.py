"""Which locators does another way than the first find, since when, and how often?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Self
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Integer, Text

from shared.accounts.lookup.accounts import AccountRow
from shared.engine.store.rows.task_rows import ClaimedAccount

# In the order of their names, as every writer takes them. `since` stays, whichever later way finds it by now.
_NOTE = text(
    """
    INSERT INTO drift AS d (workspace_id, platform, transport, practice, locator, way, ways)
    SELECT :workspace_id, :platform, :transport, :practice, f.locator, f.way, f.ways
    FROM unnest(:locators, :found_by, :ways) AS f(locator, way, ways) ORDER BY f.locator
    ON CONFLICT (workspace_id, platform, transport, practice, locator) DO UPDATE
        SET way = excluded.way, ways = excluded.ways, times = d.times + 1, last_seen_at = clock_timestamp()
    """
).bindparams(
    bindparam("locators", type_=ARRAY(Text)),
    bindparam("found_by", type_=ARRAY(Integer)),
    bindparam("ways", type_=ARRAY(Integer)),
)
_MEND = text(
    """
    DELETE FROM drift WHERE workspace_id = :workspace_id AND platform = :platform AND transport = :transport
        AND practice = :practice AND locator = ANY (:locators)
    """
).bindparams(bindparam("locators", type_=ARRAY(Text)))
_FORGET = text("DELETE FROM drift WHERE last_seen_at < clock_timestamp() - make_interval(days => :days)")


@dataclass(frozen=True, slots=True)
class PageKind:
    """A set of pages: whose, of which platform, over which transport; practice pages differ from the real ones."""

    workspace_id: UUID
    platform: str
    transport: str
    practice: bool

    @classmethod
    def of(cls, account: AccountRow | ClaimedAccount) -> Self:
        """Return the pages of an account."""
        return cls(account.workspace_id, account.platform, account.transport, account.practice)


async def note(connection: AsyncConnection, pages: PageKind, found: Sequence[tuple[str, int, int]]) -> None:
    """Record locators with the number of the way that found each, and how many ways there are."""
    locators, found_by, ways = (list(part) for part in zip(*found, strict=True))
    await connection.execute(_NOTE, asdict(pages) | {"locators": locators, "found_by": found_by, "ways": ways})


async def mend(connection: AsyncConnection, pages: PageKind, locators: Iterable[str]) -> None:
    """Remove locators that their first way has found again."""
    await connection.execute(_MEND, asdict(pages) | {"locators": sorted(locators)})


async def forget_old(connection: AsyncConnection, days: int) -> int:
    """Remove what nobody has seen drift for so many days; return how many."""
    return (await connection.execute(_FORGET, {"days": days})).rowcount
