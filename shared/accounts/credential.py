"""What is an account's current credential?"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.accounts.store import credentials
from shared.crypto import Keyring
from shared.db.session import single_statements

SOON = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Credential:
    """An account's credential, decrypted. `ends_soon` says that it ends within half a minute, or has ended."""

    kind: str
    version: int
    ends_soon: bool
    secret: dict[str, str] = field(repr=False)


async def open_credential(*, engine: AsyncEngine, keyring: Keyring, account: UUID) -> Credential | None:
    """Return the account's credential; None where it has none.

    Raises:
        NotConfigured: no key of ours decrypts it.
    """
    async with single_statements(engine).connect() as connection:
        row = await credentials.read(connection, account)
    return None if row is None else opened(keyring, row)


def opened(keyring: Keyring, row: Row[Any]) -> Credential:
    """Return a credential from its row."""
    secret = keyring.open(row.sealed, owner=str(row.workspace_id), account=str(row.account_id))
    ends_at: datetime | None = row.expires_at
    ends_soon = ends_at is not None and ends_at <= row.now + SOON
    return Credential(row.kind, row.version, ends_soon, secret)
