"""How are accounts found, paused and resumed?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.models import Account, Host, Persona
from shared.db.repositories import events

_SET_STATE = text(
    """
    UPDATE accounts SET state = :state, state_code = :code, state_reason = :reason, state_until = :until
    WHERE id = :id AND (state, state_code) IS DISTINCT FROM (:state, :code) RETURNING platform, handle
    """
)


async def page(connection: AsyncConnection, *, before: UUID | None = None, limit: int = 100) -> Sequence[Row[Any]]:
    """Accounts with persona and host, newest first."""
    query = _viewed()
    if before is not None:
        query = query.where(Account.id < before)
    return (await connection.execute(query.order_by(Account.id.desc()).limit(limit))).all()


async def find(connection: AsyncConnection, platform: str, handle: str) -> Row[Any] | None:
    """One account by its platform and handle."""
    query = _viewed().where(Account.platform == platform, Account.handle == handle)
    return (await connection.execute(query)).one_or_none()


async def find_by_id(connection: AsyncConnection, account_id: UUID) -> Row[Any] | None:
    """One account by its id."""
    return (await connection.execute(_viewed().where(Account.id == account_id))).one_or_none()


async def first_of(connection: AsyncConnection, platform: str) -> Row[Any] | None:
    """The account of a platform that was connected first."""
    query = _viewed().where(Account.platform == platform).order_by(Account.id).limit(1)
    return (await connection.execute(query)).one_or_none()


async def find_many(connection: AsyncConnection, named: set[tuple[str, str]]) -> dict[tuple[str, str], Row[Any]]:
    """Accounts by (platform, handle)."""
    if not named:
        return {}
    query = _viewed().where(Account.handle.in_({handle for _, handle in named}))
    rows = (await connection.execute(query)).all()
    return {(row.platform, row.handle): row for row in rows if (row.platform, row.handle) in named}


async def pause(
    connection: AsyncConnection,
    workspace: UUID,
    account_id: UUID,
    *,
    state: str,
    code: str,
    reason: str,
    until: datetime | None,
) -> None:
    """Stop an account until `until` or until a person acts, with its event; the last statement of its transaction."""
    await _set_state(connection, workspace, account_id, state=state, code=code, reason=reason, until=until)


async def resume(connection: AsyncConnection, workspace: UUID, account_id: UUID) -> None:
    """Let an account act again, with its event; the last statement of its transaction."""
    await _set_state(connection, workspace, account_id, state="connected", code=None, reason=None, until=None)


async def _set_state(connection: AsyncConnection, workspace: UUID, account_id: UUID, **values: Any) -> None:
    row = (await connection.execute(_SET_STATE, {"id": account_id, **values})).one_or_none()
    if row is not None:
        data = {"platform": row.platform, "account": row.handle, "reason": values["reason"], "code": values["code"]}
        await events.append(connection, workspace, f"account.{values['state']}", data)


def _viewed() -> Any:
    return (
        select(Account.__table__, Persona.name.label("persona"), Persona.zone, Host.name.label("host"))
        .join(Persona, Persona.id == Account.persona_id)
        .outerjoin(Host, Host.id == Account.host_id)
    )
