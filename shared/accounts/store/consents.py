"""Which rules of platforms has an owner accepted for an account?"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.models import Consent

_KEEP = text(
    "INSERT INTO consents (account_id, rule, workspace_id, accepted_by) VALUES (:account, :rule, :workspace, :by)"
    " ON CONFLICT (account_id, rule) DO NOTHING"
)


async def exists(connection: AsyncConnection, account: UUID, rule: str) -> bool:
    """Return whether exactly this rule was accepted."""
    query = select(Consent.account_id).where(Consent.account_id == account, Consent.rule == rule)
    return (await connection.execute(query)).one_or_none() is not None


async def keep(connection: AsyncConnection, workspace: UUID, account: UUID, rule: str, by: str) -> None:
    """Record that a rule is accepted."""
    await connection.execute(_KEEP, {"account": account, "rule": rule, "workspace": workspace, "by": by})


async def remove(connection: AsyncConnection, account: UUID) -> None:
    """Remove everything that was accepted for an account."""
    await connection.execute(delete(Consent).where(Consent.account_id == account))
