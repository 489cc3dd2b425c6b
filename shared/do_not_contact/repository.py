"""How is the do-not-contact list stored?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.events import as_json
from shared.db.models import DoNotContact, Persona
from shared.db.rows import columns_of, row_of, row_or_none, rows_of


@dataclass(frozen=True, slots=True)
class EntryRow:
    """A person who is not to be contacted, or a whole domain."""

    id: UUID
    persona_id: UUID | None
    platform: str | None
    kind: str
    handle: str
    reason: str
    source: str
    added_by: str
    created_at: datetime


_OWN = columns_of(DoNotContact, EntryRow)

_ADD = text(
    """
    INSERT INTO do_not_contact (id, workspace_id, persona_id, platform, kind, handle, reason, source, added_by)
    SELECT DISTINCT ON (persona_id, platform, kind, handle)
           id, :workspace, persona_id, platform, kind, handle, reason, :source, :by
    FROM jsonb_populate_recordset(NULL::do_not_contact, CAST(:rows AS jsonb)) ORDER BY persona_id, platform, kind, handle, id
    ON CONFLICT ON CONSTRAINT uq_do_not_contact_entry DO UPDATE
        SET source = EXCLUDED.source, reason = EXCLUDED.reason, added_by = EXCLUDED.added_by
        WHERE do_not_contact.source = 'doubtful' AND EXCLUDED.source <> 'doubtful'
    RETURNING id
    """
)
# Tasks that are parked for whatever reason have their gates asked again, and this one is closed now.
_WAKE = text(
    """
    UPDATE tasks SET wake_key = NULL, parked_at = NULL WHERE id = ANY (ARRAY(
        SELECT id FROM tasks WHERE workspace_id = :workspace AND wake_key IS NOT NULL AND targets && CAST(:names AS text[])
        ORDER BY id FOR NO KEY UPDATE))
    """
)


async def wake(connection: AsyncConnection, workspace: UUID, names: Sequence[str]) -> None:
    """Ask the gates again of parked tasks that are aimed at one of these; before anything else is changed."""
    await connection.execute(_WAKE, {"workspace": workspace, "names": list(names)})


async def add(
    connection: AsyncConnection, workspace: UUID, rows: Sequence[Mapping[str, Any]], *, source: str, by: str
) -> set[UUID]:
    """Add rows (id, persona_id, platform, kind, handle, reason) to the list; return those that were not on it already.

    A doubtful one becomes certain where this one is, and is returned too.
    """
    values = {"workspace": workspace, "rows": as_json(rows), "source": source, "by": by}
    return set((await connection.execute(_ADD, values)).scalars())


async def find(connection: AsyncConnection, entry: UUID) -> EntryRow | None:
    """Return one entry."""
    return row_or_none(EntryRow, await connection.execute(select(*_OWN).where(DoNotContact.id == entry)))


async def find_same(connection: AsyncConnection, row: Mapping[str, Any]) -> EntryRow:
    """Return the entry with the same values."""
    query = select(*_OWN).where(
        *(
            getattr(DoNotContact, name).is_not_distinct_from(row[name])
            for name in ("persona_id", "platform", "kind", "handle")
        )
    )
    return row_of(EntryRow, await connection.execute(query))


async def page(
    connection: AsyncConnection, *, handle: str | None, before: UUID | None, limit: int, source: str | None = None
) -> list[EntryRow]:
    """Return entries before an id, newest first; with `handle` those that name it, with `source` those from there."""
    query = select(*_OWN)
    if source is not None:
        query = query.where(DoNotContact.source == source)
    if handle is not None:
        query = query.where(DoNotContact.handle == handle)
    if before is not None:
        query = query.where(DoNotContact.id < before)
    return rows_of(EntryRow, await connection.execute(query.order_by(DoNotContact.id.desc()).limit(limit)))


async def count(connection: AsyncConnection) -> int:
    """Return how many entries the workspace has."""
    return int((await connection.execute(select(func.count()).select_from(DoNotContact))).scalar_one())


async def personas(connection: AsyncConnection) -> set[UUID]:
    """Return the workspace's personas."""
    return set((await connection.execute(select(Persona.id))).scalars())


async def remove(connection: AsyncConnection, entry: UUID) -> None:
    """Remove an entry from the list."""
    await connection.execute(delete(DoNotContact).where(DoNotContact.id == entry))
