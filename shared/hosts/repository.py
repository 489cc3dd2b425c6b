"""Which hosts does a workspace have, with which tokens and credentials?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.rows import row_or_none, rows_of
from shared.ids import new_id


@dataclass(frozen=True, slots=True)
class HostRow:
    """A host with how it joined last."""

    id: UUID
    name: str
    created_at: datetime
    keeper_seen_at: datetime | None
    gone_at: datetime | None
    joined_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class HostIdentity:
    """The host of a token or a credential."""

    workspace_id: UUID
    host_id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class HostConnection:
    """The host of a credential, and the number of the connection that it has opened."""

    workspace_id: UUID
    host_id: UUID
    name: str
    connection: int


@dataclass(frozen=True, slots=True)
class JoinedHost:
    """A host whose credential is valid."""

    id: UUID
    name: str


_VIEWED = """
    SELECT h.id, h.name, h.created_at, h.keeper_seen_at, h.gone_at, a.joined_at, a.revoked_at FROM hosts h
    LEFT JOIN LATERAL (
        SELECT joined_at, revoked_at FROM host_credentials WHERE host_id = h.id ORDER BY joined_at DESC LIMIT 1
    ) a ON true
    WHERE h.workspace_id = :workspace
"""
_PAGE = text(f"{_VIEWED} AND (CAST(:before AS uuid) IS NULL OR h.id < :before) ORDER BY h.id DESC LIMIT :limit")
_FIND = text(f"{_VIEWED} AND h.id = :host")
_FIND_NAME = text(f"{_VIEWED} AND h.name = :name")
_ADD = text("INSERT INTO hosts (id, workspace_id, name) VALUES (:id, :workspace, :name) ON CONFLICT (name) DO NOTHING")
_OFFER = text(
    "INSERT INTO host_tokens (host_id, workspace_id, hash, expires_at)"
    " VALUES (:host, :workspace, :hash, clock_timestamp() + make_interval(secs => :seconds)) RETURNING expires_at"
)
# The attempts that ran in a host's browsers; one over an API ran elsewhere.
_ON_IT = "(lane = 'safari.' || CAST(:name AS text) OR starts_with(lane, 'chromium.' || CAST(:name AS text) || '.'))"
_OPEN_ON_IT = text(f"SELECT EXISTS (SELECT FROM attempts WHERE ended_at IS NULL AND {_ON_IT})")
_DEAD_ON_IT = text(
    f"UPDATE attempts SET dead_at = clock_timestamp() WHERE outcome = 'lost' AND dead_at IS NULL AND {_ON_IT} RETURNING id"
)
_JOINED = text(
    "SELECT h.id, h.name FROM hosts h JOIN host_credentials c ON c.host_id = h.id"
    " WHERE c.revoked_at IS NULL AND h.gone_at IS NULL ORDER BY h.name"
)


async def page(connection: AsyncConnection, workspace: UUID, *, before: UUID | None, limit: int) -> list[HostRow]:
    """Return hosts with how they joined last, newest first."""
    values = {"workspace": workspace, "before": before, "limit": limit}
    return rows_of(HostRow, await connection.execute(_PAGE, values))


async def find(connection: AsyncConnection, workspace: UUID, host: UUID) -> HostRow | None:
    """Return one host."""
    return row_or_none(HostRow, await connection.execute(_FIND, {"workspace": workspace, "host": host}))


async def count(connection: AsyncConnection, workspace: UUID) -> int:
    """Return how many hosts the workspace has."""
    query = text("SELECT count(*) FROM hosts WHERE workspace_id = :workspace")
    return int((await connection.execute(query, {"workspace": workspace})).scalar_one())


async def ensure(connection: AsyncConnection, workspace: UUID, name: str) -> HostRow | None:
    """Return the workspace's host of this name, made where it is missing; None where another workspace has it."""
    await connection.execute(_ADD, {"id": new_id(), "workspace": workspace, "name": name})
    return row_or_none(HostRow, await connection.execute(_FIND_NAME, {"workspace": workspace, "name": name}))


async def offer(connection: AsyncConnection, workspace: UUID, host: UUID, hashed: bytes, seconds: float) -> Any:
    """Store a token that joins the host, replacing an earlier one; return until when it is valid."""
    await connection.execute(text("DELETE FROM host_tokens WHERE host_id = :host"), {"host": host})
    values = {"host": host, "workspace": workspace, "hash": hashed, "seconds": seconds}
    return (await connection.execute(_OFFER, values)).scalar_one()


async def take_token(connection: AsyncConnection, hashed: bytes) -> HostIdentity | None:
    """Use a token up; return the host that it joins.

    From here on the transaction is in that workspace.
    """
    query = text("SELECT workspace_id, host_id, name FROM take_host_token(:hash)")
    row = row_or_none(HostIdentity, await connection.execute(query, {"hash": hashed}))
    if row is not None:
        enter = text("SELECT set_config('app.workspace', :workspace, true)")
        await connection.execute(enter, {"workspace": str(row.workspace_id)})
    return row


async def keep_credential(connection: AsyncConnection, workspace: UUID, host: UUID, hashed: bytes) -> None:
    """Store the hash of a host's credential; its earlier ones end."""
    await close_door(connection, host)
    query = text("INSERT INTO host_credentials (hash, workspace_id, host_id) VALUES (:hash, :workspace, :host)")
    await connection.execute(query, {"hash": hashed, "workspace": workspace, "host": host})


async def open_door(connection: AsyncConnection, hashed: bytes) -> HostConnection | None:
    """Return whose credential this is and the number of its new connection; None where it is nobody's."""
    query = text("SELECT workspace_id, host_id, name, connection FROM open_door(:hash)")
    return row_or_none(HostConnection, await connection.execute(query, {"hash": hashed}))


async def of_credential(connection: AsyncConnection, hashed: bytes) -> HostIdentity | None:
    """Return whose credential this is; None where it is nobody's."""
    query = text("SELECT workspace_id, host_id, name FROM host_of_credential(:hash)")
    return row_or_none(HostIdentity, await connection.execute(query, {"hash": hashed}))


async def close_door(connection: AsyncConnection, host: UUID) -> bool:
    """Revoke the credential of a host of the transaction's workspace; return whether it had any."""
    return bool((await connection.execute(text("SELECT close_door(:host)"), {"host": host})).scalar_one())


async def joined(connection: AsyncConnection) -> list[JoinedHost]:
    """Return every host whose credential is valid, for a worker."""
    return rows_of(JoinedHost, await connection.execute(_JOINED))


async def has_open_attempts(connection: AsyncConnection, name: str) -> bool:
    """Return whether an attempt in a browser of this host has not ended."""
    return bool((await connection.execute(_OPEN_ON_IT, {"name": name})).scalar_one())


async def say_gone(connection: AsyncConnection, host: UUID, name: str) -> int:
    """Mark a host as gone, and what was lost on it as dead; return how many attempts were."""
    await connection.execute(text("UPDATE hosts SET gone_at = clock_timestamp() WHERE id = :host"), {"host": host})
    return len((await connection.execute(_DEAD_ON_IT, {"name": name})).all())


async def accounts_on(connection: AsyncConnection, host: UUID) -> list[UUID]:
    """Return the accounts that are signed in in a browser of this host."""
    query = text("SELECT id FROM accounts WHERE host_id = :host AND state <> 'disconnected' ORDER BY id")
    return list((await connection.execute(query, {"host": host})).scalars())


async def say_back(connection: AsyncConnection, host: UUID) -> None:
    """Mark a host as present again."""
    await connection.execute(
        text("UPDATE hosts SET gone_at = NULL WHERE id = :host AND gone_at IS NOT NULL"), {"host": host}
    )
