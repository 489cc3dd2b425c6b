"""How are accounts' credentials stored, and how does one process at a time refresh them?

A claim is in the row's own columns and no lock: nothing is held in PostgreSQL while a platform is asked. Each statement here
is a transaction of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Interval

from shared.db.models import AccountCredential


@dataclass(frozen=True, slots=True)
class Stored:
    """A credential as it is stored: its ciphertext, and in how long it ends and is to be refreshed."""

    sealed: str = field(repr=False)
    ends_in: timedelta | None = None
    refresh_in: timedelta | None = None

    def values(self) -> dict[str, Any]:
        """Return it as parameters."""
        return {"sealed": self.sealed, "ends_in": self.ends_in, "refresh_in": self.refresh_in}


_INTERVALS = (bindparam("ends_in", type_=Interval), bindparam("refresh_in", type_=Interval))

_KEEP = text(
    """
    INSERT INTO account_credentials AS c (account_id, workspace_id, kind, sealed, expires_at, refresh_at)
    VALUES (:account, :workspace, :kind, :sealed, clock_timestamp() + :ends_in, clock_timestamp() + :refresh_in)
    ON CONFLICT (account_id) DO UPDATE SET
        kind = excluded.kind, sealed = excluded.sealed, expires_at = excluded.expires_at, refresh_at = excluded.refresh_at,
        version = c.version + 1, stored_at = clock_timestamp(), claimed_by = NULL, claimed_until = NULL, tries = 0,
        tried_at = NULL, last_error = NULL
    """
).bindparams(*_INTERVALS)

_READ = text(
    """
    SELECT c.*, a.platform, a.handle, a.state, a.state_code, a.state_reason, clock_timestamp() AS now,
           coalesce(c.claimed_until > clock_timestamp(), false) AS claimed
    FROM account_credentials c JOIN accounts a ON a.id = c.account_id WHERE c.account_id = :account
    """
)

_CLAIM = text(
    """
    UPDATE account_credentials SET claimed_by = :me, claimed_until = clock_timestamp() + make_interval(secs => :lease_s),
           tries = tries + 1, tried_at = clock_timestamp()
    WHERE account_id = :account AND version = :seen AND (claimed_until IS NULL OR claimed_until <= clock_timestamp())
    RETURNING sealed, tries
    """
)

# By the version alone: an answer that comes after its claim has ended is still the newest that the platform gave out.
_RENEW = text(
    """
    UPDATE account_credentials SET sealed = :sealed, version = version + 1, stored_at = clock_timestamp(),
           expires_at = clock_timestamp() + :ends_in, refresh_at = clock_timestamp() + :refresh_in,
           claimed_by = NULL, claimed_until = NULL, tries = 0, last_error = NULL
    WHERE account_id = :account AND version = :seen RETURNING version
    """
).bindparams(*_INTERVALS)

_GIVE_BACK = text(
    """
    UPDATE account_credentials SET claimed_by = NULL, claimed_until = NULL, last_error = :error,
           refresh_at = clock_timestamp() + :refresh_in
    WHERE account_id = :account AND version = :seen AND claimed_by = :me RETURNING account_id
    """
).bindparams(bindparam("refresh_in", type_=Interval))

_DUE = text(
    """
    SELECT c.account_id, c.version FROM account_credentials c JOIN accounts a ON a.id = c.account_id
    WHERE c.refresh_at <= clock_timestamp() AND (c.claimed_until IS NULL OR c.claimed_until <= clock_timestamp())
      AND a.state <> 'disconnected'
    ORDER BY c.refresh_at LIMIT :limit
    """
)


async def keep(connection: AsyncConnection, workspace: UUID, account: UUID, kind: str, stored: Stored) -> None:
    """Store an account's credential, replacing the one before."""
    await connection.execute(_KEEP, {"account": account, "workspace": workspace, "kind": kind, **stored.values()})


async def read(connection: AsyncConnection, account: UUID) -> Row[Any] | None:
    """Return an account's credential with the account's state, and whether it is being refreshed now."""
    return (await connection.execute(_READ, {"account": account})).one_or_none()


async def remove(connection: AsyncConnection, account: UUID) -> str | None:
    """Remove an account's credential; return its ciphertext for the last time, None where there was none."""
    statement = delete(AccountCredential).where(AccountCredential.account_id == account)
    return (await connection.execute(statement.returning(AccountCredential.sealed))).scalar_one_or_none()


async def claim(connection: AsyncConnection, account: UUID, *, seen: int, me: UUID, lease_s: float) -> Row[Any] | None:
    """Claim the refresh of this version; return None where it is another one by now, or is claimed already."""
    values = {"account": account, "seen": seen, "me": me, "lease_s": lease_s}
    return (await connection.execute(_CLAIM, values)).one_or_none()


async def renew(connection: AsyncConnection, account: UUID, *, seen: int, stored: Stored) -> int | None:
    """Store the next version in place of this one; return its number, None where this one was no longer there."""
    values = {"account": account, "seen": seen, **stored.values()}
    return (await connection.execute(_RENEW, values)).scalar_one_or_none()


async def give_back(
    connection: AsyncConnection, account: UUID, *, seen: int, me: UUID, error: str, refresh_in: timedelta | None
) -> bool:
    """End one's claim without a new version; return False where it had ended already."""
    values = {"account": account, "seen": seen, "me": me, "error": error, "refresh_in": refresh_in}
    return (await connection.execute(_GIVE_BACK, values)).one_or_none() is not None


async def due(connection: AsyncConnection, *, limit: int) -> Sequence[Row[Any]]:
    """Return accounts whose tokens are to be refreshed now, the longest due first, each with its version."""
    return (await connection.execute(_DUE, {"limit": limit})).all()
