"""How is the audit log read, appended to and recomputed? Its rows are written by the database alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.events import as_json
from shared.db.models import ApiKey, AuditEntry, Member, Person
from shared.db.rows import columns_of, rows_of

_APPEND = text("SELECT audit_append(:workspace, :action, :subject, NULL, CAST(:details AS jsonb))")

# The row before the first of these has the hash with which the chain goes on.
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


# Each name is found by the index, from the one before it on.
_ACTORS = text(
    """
    WITH RECURSIVE named AS (
        (SELECT actor FROM audit_log ORDER BY workspace_id, actor LIMIT 1)
        UNION ALL
        SELECT (SELECT min(a.actor) FROM audit_log a WHERE a.actor > n.actor) FROM named n WHERE n.actor IS NOT NULL
    )
    SELECT actor FROM named WHERE actor IS NOT NULL
    """
)
_AUDITED_TABLES = text(
    "SELECT DISTINCT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid"
    " WHERE p.proname = 'audit_row'"
)


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One change. `hash` covers the hash before it and all fields here."""

    seq: int
    at: datetime
    actor: str
    actor_id: str | None
    via: str | None
    address: str | None
    correlation_id: str | None
    action: str
    subject: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    hash: bytes


@dataclass(frozen=True, slots=True)
class RecomputedEntry:
    """An entry's number and hash; `sound` if both follow from the entry before it."""

    seq: int
    hash: str
    sound: bool


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries a list shows; None means any. `action` is a whole one, or the part before its dot."""

    actor: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def append(
    connection: AsyncConnection, workspace: UUID, action: str, subject: str, details: Mapping[str, Any]
) -> None:
    """Append an entry about something that changes no row, such as a sign-in; the last statement of its transaction.

    `action` reads `<what>.<did>` (`sessions.refused`); who, and from where, is known from `shared.actor`. What belongs to no
    workspace goes to `SYSTEM_WORKSPACE`. `details` must hold no secret: they are shown as they are.
    """
    values = {"workspace": workspace, "action": action, "subject": subject, "details": as_json(dict(details))}
    await connection.execute(_APPEND, values)


async def actors(connection: AsyncConnection, workspace: UUID) -> frozenset[str]:
    """Return the names of all that the workspace's log knows, and of its keys and members, whatever they did."""
    acted = (await connection.execute(_ACTORS)).scalars().all()
    keys = (await connection.execute(select(ApiKey.name).where(ApiKey.workspace_id == workspace))).scalars().all()
    of_members = select(Person.email).join(Member, Member.person_id == Person.id).where(Member.workspace_id == workspace)
    return frozenset((*acted, *keys, *(await connection.execute(of_members)).scalars()))


async def audited_tables(connection: AsyncConnection) -> frozenset[str]:
    """Return the tables of which every change is written down."""
    return frozenset((await connection.execute(_AUDITED_TABLES)).scalars())


async def has_action(connection: AsyncConnection, action: str) -> bool:
    """Return whether the workspace's log has such an action, or any of such a kind."""
    query = select(_chosen(AuditFilter(action=action)).exists())
    return bool((await connection.execute(query)).scalar_one())


async def page(connection: AsyncConnection, wanted: AuditFilter, *, before: int | None, limit: int) -> list[AuditRow]:
    """Return entries before a number, newest first."""
    query = _chosen(wanted).order_by(AuditEntry.seq.desc()).limit(limit)
    query = query if before is None else query.where(AuditEntry.seq < before)
    return rows_of(AuditRow, await connection.execute(query))


async def after(connection: AsyncConnection, wanted: AuditFilter, *, after: int, limit: int) -> list[AuditRow]:
    """Return entries after a number, oldest first."""
    query = _chosen(wanted).where(AuditEntry.seq > after).order_by(AuditEntry.seq).limit(limit)
    return rows_of(AuditRow, await connection.execute(query))


async def recompute(connection: AsyncConnection, workspace: UUID, *, after: int, limit: int) -> list[RecomputedEntry]:
    """Return the next `limit` entries after a number."""
    values = {"workspace": workspace, "after": after, "limit": limit + bool(after)}
    return rows_of(RecomputedEntry, await connection.execute(_RECOMPUTED, values))


def _chosen(wanted: AuditFilter) -> Any:
    query = select(*columns_of(AuditEntry, AuditRow))
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
