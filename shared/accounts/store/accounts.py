"""How are accounts made, changed, paused, resumed and removed?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.accounts.lookup.accounts import AccountRow, viewed
from shared.db import events
from shared.db.models import Account, Consent, ScopeLimits
from shared.db.rows import row_or_none

_SET_STATE = text(
    """
    UPDATE accounts SET state = :state, state_code = :code, state_reason = :reason, state_until = :until
    WHERE id = :id AND (state, state_code) IS DISTINCT FROM (:state, :code) RETURNING platform, handle
    """
)


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
    """Pause an account until `until` or until a person acts, with its event; the last statement of its transaction."""
    await set_state(connection, workspace, account_id, state=state, code=code, reason=reason, until=until)


async def resume(connection: AsyncConnection, workspace: UUID, account_id: UUID) -> None:
    """Resume an account, with its event; the last statement of its transaction."""
    await set_state(connection, workspace, account_id, state="connected", code=None, reason=None, until=None)


async def set_state(
    connection: AsyncConnection,
    workspace: UUID,
    account_id: UUID,
    *,
    before: Sequence[Mapping[str, Any]] = (),
    **values: Any,
) -> None:
    """Set an account's `state`, `code`, `reason` and `until`, with its event; the last statement of its transaction.

    `before` are events of the same transaction, as `events.append_all` takes them; without values they alone are written.
    """
    entries = list(before)
    row = (await connection.execute(_SET_STATE, {"id": account_id, **values})).one_or_none() if values else None
    if row is not None:
        data = {"platform": row.platform, "account": row.handle, "reason": values["reason"], "code": values["code"]}
        entries.append({"task_id": None, "type": f"account.{values['state']}", "data": data})
    if entries:
        await events.append_all(connection, workspace, entries)


async def find_alike(connection: AsyncConnection, platform: str, handle: str) -> AccountRow | None:
    """Return the account of this handle in any case, locked until the transaction ends."""
    alike = (Account.platform == platform, func.lower(Account.handle) == handle.lower())
    query = viewed().where(*alike).order_by(Account.id).limit(1).with_for_update(of=Account.__table__, key_share=True)
    return row_or_none(AccountRow, await connection.execute(query))


async def signed_in_there(
    connection: AsyncConnection, host: UUID, platform: str, handle: str, *, practice: bool
) -> str | None:
    """Return the handle of another account of the platform that uses the Safari of this host, if there is one."""
    query = select(Account.handle).where(
        Account.host_id == host, Account.platform == platform, Account.practice == practice, Account.transport == "safari",
        Account.state != "disconnected", func.lower(Account.handle) != handle.lower(),
    )  # fmt: skip
    return (await connection.execute(query.limit(1))).scalar_one_or_none()


async def count(connection: AsyncConnection) -> int:
    """Return how many the workspace has."""
    return int((await connection.execute(select(func.count()).select_from(Account))).scalar_one())


async def add(connection: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Store an account."""
    await connection.execute(insert(Account).values(**row))


async def change(connection: AsyncConnection, account_id: UUID, changes: Mapping[str, Any]) -> None:
    """Change some columns of an account; `set_state` changes its state."""
    await connection.execute(update(Account).where(Account.id == account_id).values(**changes))


async def note_health(connection: AsyncConnection, account_id: UUID, health: dict[str, Any]) -> None:
    """Store what a check saw just now."""
    changes = {"health": health, "checked_at": func.clock_timestamp()}
    await connection.execute(update(Account).where(Account.id == account_id).values(**changes))


async def remove(connection: AsyncConnection, account_id: UUID) -> None:
    """Remove an account that never did anything, with its limits and consents.

    Raises:
        IntegrityError: something refers to it.
    """
    await connection.execute(delete(ScopeLimits).where(ScopeLimits.scope == f"account:{account_id}"))
    await connection.execute(delete(Consent).where(Consent.account_id == account_id))
    await connection.execute(delete(Account).where(Account.id == account_id))
