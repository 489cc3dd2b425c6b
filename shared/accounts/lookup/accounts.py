"""Which account is meant, and whose is it?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.models import Account, AccountCredential, Host, Persona
from shared.db.rows import row_or_none, rows_of
from shared.engine.rules.recipients import handle_of


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account with its persona, its host, and how it signs in."""

    id: UUID
    workspace_id: UUID
    persona_id: UUID
    host_id: UUID | None
    platform: str
    handle: str
    transport: str
    origin: str
    practice: bool
    state: str
    state_code: str | None
    state_reason: str | None
    state_until: datetime | None
    checked_at: datetime | None
    health: dict[str, Any] | None
    created_at: datetime
    inbox_every_s: int | None
    persona: str
    zone: str
    disclosure: str
    host: str | None
    sign_in: str | None
    sign_in_ends_at: datetime | None


_COLUMNS = ("id", "workspace_id", "persona_id", "host_id", "platform", "handle", "transport", "origin", "practice", "state",
            "state_code", "state_reason", "state_until", "checked_at", "health", "created_at", "inbox_every_s")  # fmt: skip


async def page(connection: AsyncConnection, *, before: UUID | None = None, limit: int = 100) -> list[AccountRow]:
    """Return accounts with persona and host, newest first."""
    query = viewed()
    if before is not None:
        query = query.where(Account.id < before)
    return rows_of(AccountRow, await connection.execute(query.order_by(Account.id.desc()).limit(limit)))


async def find(connection: AsyncConnection, platform: str, handle: str) -> AccountRow | None:
    """Return one account by its platform and handle."""
    query = viewed().where(Account.platform == platform, Account.handle == handle)
    return row_or_none(AccountRow, await connection.execute(query))


async def find_by_id(connection: AsyncConnection, account_id: UUID) -> AccountRow | None:
    """Return one account by its id."""
    return row_or_none(AccountRow, await connection.execute(viewed().where(Account.id == account_id)))


async def persona_of(connection: AsyncConnection, account_id: UUID) -> UUID:
    """Return the persona that owns an account."""
    persona: UUID = (await connection.execute(select(Account.persona_id).where(Account.id == account_id))).scalar_one()
    return persona


async def own_handles(connection: AsyncConnection, workspace: UUID, platform: str) -> frozenset[str]:
    """Return the handles of a workspace's accounts on a platform, in the form in which handles are compared."""
    query = select(Account.handle).where(Account.workspace_id == workspace, Account.platform == platform)
    return frozenset(handle_of(handle) for handle in (await connection.execute(query)).scalars())


async def all_handles(connection: AsyncConnection) -> frozenset[str]:
    """Return the handles of the workspace's accounts on all platforms."""
    return frozenset((await connection.execute(select(Account.handle).distinct())).scalars())


async def first_of(connection: AsyncConnection, platform: str) -> AccountRow | None:
    """Return the account of a platform that was connected first."""
    query = viewed().where(Account.platform == platform).order_by(Account.id).limit(1)
    return row_or_none(AccountRow, await connection.execute(query))


async def find_many(
    connection: AsyncConnection, workspace: UUID, named: set[tuple[str, str]]
) -> dict[tuple[str, str], AccountRow]:
    """Return a workspace's accounts by (platform, handle)."""
    if not named:
        return {}
    query = viewed().where(Account.workspace_id == workspace, Account.handle.in_({handle for _, handle in named}))
    rows = rows_of(AccountRow, await connection.execute(query))
    return {(row.platform, row.handle): row for row in rows if (row.platform, row.handle) in named}


def viewed() -> Any:
    """Return the query of accounts with persona, host and sign-in, as views show them."""
    # Column by column, so that a new column of the table is not shown by accident.
    columns = (getattr(Account, name) for name in _COLUMNS)
    return (
        select(
            *columns,
            Persona.name.label("persona"),
            Persona.zone,
            Persona.disclosure,
            Host.name.label("host"),
            AccountCredential.kind.label("sign_in"),
            AccountCredential.expires_at.label("sign_in_ends_at"),
        )
        .join(Persona, Persona.id == Account.persona_id)
        .outerjoin(Host, Host.id == Account.host_id)
        .outerjoin(AccountCredential, AccountCredential.account_id == Account.id)
    )
