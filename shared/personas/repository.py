"""How are personas found, changed and removed?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by, array
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text

from shared.db.models import Account, DoNotContact, Persona, ScopeLimits
from shared.db.rows import row_or_none, rows_of


@dataclass(frozen=True, slots=True)
class PersonaRow:
    """A persona with the names of its accounts."""

    id: UUID
    name: str
    voice: str
    languages: list[str]
    zone: str
    disclosure: str
    created_at: datetime
    accounts: list[str]


_NAMES = func.array_agg(
    aggregate_order_by(Account.platform + "/" + Account.handle, Account.platform, Account.handle), type_=ARRAY(Text)
)


async def page(connection: AsyncConnection, *, before: UUID | None, limit: int) -> list[PersonaRow]:
    """Return personas with the names of their accounts, newest first."""
    query = _viewed()
    if before is not None:
        query = query.where(Persona.id < before)
    return rows_of(PersonaRow, await connection.execute(query.order_by(Persona.id.desc()).limit(limit)))


async def find(connection: AsyncConnection, persona: UUID) -> PersonaRow | None:
    """Return one persona with the names of its accounts."""
    return row_or_none(PersonaRow, await connection.execute(_viewed().where(Persona.id == persona)))


async def lock(connection: AsyncConnection, persona: UUID) -> bool:
    """Lock a persona until the transaction ends, so that no account moves to it; return False where there is none."""
    query = select(Persona.id).where(Persona.id == persona).with_for_update()
    return (await connection.execute(query)).one_or_none() is not None


async def exists(connection: AsyncConnection, persona: UUID, *, hold: bool = False) -> bool:
    """Return whether the workspace has this persona; with `hold` it cannot be removed before the transaction ends."""
    query = select(Persona.id).where(Persona.id == persona)
    query = query.with_for_update(read=True) if hold else query
    return (await connection.execute(query)).one_or_none() is not None


async def ids(connection: AsyncConnection) -> set[UUID]:
    """Return the ids of the workspace's personas."""
    return set((await connection.execute(select(Persona.id))).scalars())


async def count(connection: AsyncConnection) -> int:
    """Return how many the workspace has."""
    return int((await connection.execute(select(func.count()).select_from(Persona))).scalar_one())


async def add(connection: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Store a persona."""
    await connection.execute(insert(Persona).values(**row))


async def change(connection: AsyncConnection, persona: UUID, changes: Mapping[str, Any]) -> None:
    """Change some of its columns."""
    await connection.execute(update(Persona).where(Persona.id == persona).values(**changes))


async def remove(connection: AsyncConnection, persona: UUID) -> None:
    """Remove a persona that owns no account, with its own limits and its own do-not-contact list."""
    await connection.execute(delete(ScopeLimits).where(ScopeLimits.scope == f"persona:{persona}"))
    await connection.execute(delete(DoNotContact).where(DoNotContact.persona_id == persona))
    await connection.execute(delete(Persona).where(Persona.id == persona))


def _viewed() -> Any:
    owned = select(func.coalesce(_NAMES, array([], type_=Text))).where(Account.persona_id == Persona.id)
    own = (Persona.id, Persona.name, Persona.voice, Persona.languages, Persona.zone, Persona.disclosure, Persona.created_at)
    return select(*own, owned.correlate(Persona).scalar_subquery().label("accounts"))
