"""How is the audit log read, appended to and recomputed? Its rows are written by the database alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.events import as_json
from shared.db.models import AuditEntry

_APPEND = text("SELECT audit_append(:workspace, :action, :subject, NULL, CAST(:details AS jsonb))")

# The row before the first of these has the hash from which the chain goes on.
_RECOMPUTED = text(
    """
    SELECT seq, encode(hash, 'hex') AS hash, coalesce(hash = expected AND seq = coalesce(before, 0) + 1, false) AS sound
    FROM (
        SELECT a.seq, a.hash, lag(a.seq) OVER chain AS before, audit_hash(lag(a.hash) OVER chain, a) AS expected
        FROM audit_log a WHERE a.workspace_id = :workspace AND a.seq >= :after WINDOW chain AS (ORDER BY a.seq)
        ORDER BY a.seq LIMIT :limit
    ) c WHERE seq > :after ORDER BY seq
    """
)


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries a list shows; None means any. `action` is a whole one, or what stands before its dot."""

    actor: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def append(
    connection: AsyncConnection, workspace: UUID, action: str, subject: str, details: Mapping[str, Any]
) -> None:
    """Append an entry about what changes no row, such as a sign-in; the last statement of its transaction.

    `action` reads `<what>.<did>` (`sessions.refused`); who, and from where, is known from `shared.actor`. What belongs to no
    workspace goes to `SYSTEM_WORKSPACE`. `details` must hold no secret: they are shown as they are.
    """
    values = {"workspace": workspace, "action": action, "subject": subject, "details": as_json(dict(details))}
    await connection.execute(_APPEND, values)


async def page(connection: AsyncConnection, wanted: AuditFilter, *, before: int | None, limit: int) -> Sequence[Row[Any]]:
    """Entries, newest first, from before a number on."""
    query = _chosen(wanted).order_by(AuditEntry.seq.desc()).limit(limit)
    return (await connection.execute(query if before is None else query.where(AuditEntry.seq < before))).all()


async def after(connection: AsyncConnection, wanted: AuditFilter, *, after: int, limit: int) -> Sequence[Row[Any]]:
    """Entries, oldest first, from after a number on."""
    query = _chosen(wanted).where(AuditEntry.seq > after).order_by(AuditEntry.seq).limit(limit)
    return (await connection.execute(query)).all()


async def recompute(connection: AsyncConnection, workspace: UUID, *, after: int, limit: int) -> Sequence[Row[Any]]:
    """The next `limit` entries after a number (seq, hash, sound); an entry is sound if its number and its hash follow."""
    values = {"workspace": workspace, "after": after, "limit": limit + bool(after)}
    return (await connection.execute(_RECOMPUTED, values)).all()


def _chosen(wanted: AuditFilter) -> Any:
    query = select(AuditEntry.__table__)
    if wanted.actor is not None:
        query = query.where(AuditEntry.actor == wanted.actor)
    if wanted.action is not None:
        kind = func.split_part(AuditEntry.action, ".", 1)
        query = query.where((AuditEntry.action if "." in wanted.action else kind) == wanted.action)
    if wanted.since is not None:
        query = query.where(AuditEntry.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(AuditEntry.at < wanted.until)
    return query
