"""Is the audit log still as it was written?"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, Field

from shared.db import audit_log
from shared.db.database import Database
from shared.identity.caller import Caller

AT_ONCE = 5_000


class Link(BaseModel):
    """One entry by its number and its hash."""

    seq: int
    hash: str


class Verification(BaseModel):
    """The result of recomputing the chain."""

    ok: bool
    entries: int = Field(description="How many were recomputed.")
    head: Link | None = Field(description="The last entry. Kept elsewhere, it proves later that nothing before it changed.")
    broken_at: int | None = Field(description="The first entry whose number or hash does not follow from the one before.")
    known: bool | None = Field(
        description="Whether the entry that was asked for still has its hash; null: none was asked for."
    )


@dataclass(frozen=True, slots=True)
class Anchor:
    """An entry whose hash was stored outside of the database."""

    seq: int
    hash: str


async def verify_audit(*, database: Database, caller: Caller, anchor: Anchor | None = None) -> Verification:
    """Recompute the workspace's chain from its beginning, in short transactions, up to what is there at the end.

    A chain shows what was changed, removed or inserted. Somebody who can rewrite the whole of it, or cut off its end, is
    detected by a head that was stored elsewhere: `anchor`.
    """
    entries, head = 0, Link(seq=0, hash="")
    known = None if anchor is None else False
    while True:
        async with database.read(caller.workspace_id) as connection:
            rows = await audit_log.recompute(connection, caller.workspace_id, after=head.seq, limit=AT_ONCE)
        for row in rows:
            entries += 1
            if not row.sound:
                return Verification(
                    ok=False, entries=entries, head=head if head.seq else None, broken_at=row.seq, known=known
                )
            head = Link(seq=row.seq, hash=row.hash)
            if anchor == Anchor(row.seq, row.hash):
                known = True
        if len(rows) < AT_ONCE:
            ok = known is not False
            return Verification(ok=ok, entries=entries, head=head if head.seq else None, broken_at=None, known=known)
