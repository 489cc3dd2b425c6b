"""Who is signed in, and until when? The transaction is the person's own, unless a function says otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.models import RefreshToken, Session, Ticket
from shared.db.rows import columns_of, row_or_none, rows_of
from shared.identity.caller import Role
from shared.identity.sessions.terms import Terms
from shared.ids import new_id


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A sign-in as it is shown."""

    id: UUID
    address: str
    agent: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is signed in, and their role in the workspace named or in their only one; `workspaces` are all of theirs."""

    person_id: UUID
    email: str
    totp: bool
    workspace_id: UUID | None
    role: Role | None
    workspaces: int


@dataclass(frozen=True, slots=True)
class TakenToken:
    """The session of a refresh token. `used_s` is how long ago it was used before; None: not yet."""

    session_id: UUID
    person_id: UUID
    used_s: float | None
    following_used: bool


@dataclass(frozen=True, slots=True)
class TakenTicket:
    """The key or the session that asked for a ticket, and its workspace."""

    workspace_id: UUID
    key_id: UUID | None
    session_id: UUID | None


_SHOWN = columns_of(Session, SessionRow)
_IS_OPEN = (Session.ended_at.is_(None), Session.expires_at > func.clock_timestamp())


async def find(connection: AsyncConnection, session: UUID, workspace: UUID | None) -> SignedIn | None:
    """Return who is signed in by this session; None where it is over."""
    query = text("SELECT * FROM find_session(:session, :workspace)")
    return row_or_none(SignedIn, await connection.execute(query, {"session": session, "workspace": workspace}))


async def add(connection: AsyncConnection, person: UUID, terms: Terms, *, address: str, agent: str) -> UUID:
    """Open a session."""
    session, now = new_id(), func.clock_timestamp()
    values = {"id": session, "person_id": person, "address": address, "agent": agent}
    ends = {"expires_at": now + _days(min(terms.idle_d, terms.longest_d)), "ends_at": now + _days(terms.longest_d)}
    await connection.execute(insert(Session).values(**values, **ends))
    return session


async def has_signed_in_from(connection: AsyncConnection, email: str, address: str) -> bool:
    """Return whether the person with this e-mail address has signed in from this IP address before."""
    query = text("SELECT has_signed_in_from(:email, :address)")
    return bool((await connection.execute(query, {"email": email, "address": address})).scalar_one())


async def add_refresh_token(connection: AsyncConnection, session: UUID, hashed: bytes) -> None:
    """Store a new refresh token of the session."""
    await connection.execute(insert(RefreshToken).values(hash=hashed, session_id=session))


async def take_refresh_token(connection: AsyncConnection, hashed: bytes, following: bytes) -> TakenToken | None:
    """Use a refresh token, and store the one that follows; locks its session until the transaction ends.

    Return None where there is no such token, or its session is over.
    """
    query = text("SELECT * FROM take_refresh_token(:hash, :following)")
    return row_or_none(TakenToken, await connection.execute(query, {"hash": hashed, "following": following}))


async def act_as(connection: AsyncConnection, person: UUID) -> None:
    """Make the transaction this person's from here on."""
    await connection.execute(text("SELECT set_config('app.person', :person, true)"), {"person": str(person)})


async def extend(connection: AsyncConnection, session: UUID, idle_d: float) -> None:
    """Record that the session was used just now."""
    now = func.clock_timestamp()
    changed = {"seen_at": now, "expires_at": func.least(Session.ends_at, now + _days(idle_d))}
    await connection.execute(update(Session).where(Session.id == session).values(**changed))


async def page(connection: AsyncConnection, person: UUID, *, before: UUID | None, limit: int) -> list[SessionRow]:
    """Return the person's open sessions, newest first."""
    query = select(*_SHOWN).where(Session.person_id == person, *_IS_OPEN)
    if before is not None:
        query = query.where(Session.id < before)
    return rows_of(SessionRow, await connection.execute(query.order_by(Session.id.desc()).limit(limit)))


async def end(connection: AsyncConnection, person: UUID, session: UUID, because: str) -> SessionRow | None:
    """End one open session of the person; return None where there is none."""
    statement = update(Session).where(Session.id == session, Session.person_id == person, *_IS_OPEN)
    return row_or_none(SessionRow, await connection.execute(statement.values(**_ended(because)).returning(*_SHOWN)))


async def end_others(connection: AsyncConnection, person: UUID, kept: UUID | None, because: str) -> int:
    """End all open sessions of the person but one; return how many."""
    statement = update(Session).where(Session.person_id == person, *_IS_OPEN)
    if kept is not None:
        statement = statement.where(Session.id != kept)
    return (await connection.execute(statement.values(**_ended(because)))).rowcount


async def add_ticket(
    connection: AsyncConnection, workspace: UUID, hashed: bytes, *, key: UUID | None, session: UUID | None, seconds: float
) -> None:
    """Store a ticket for so many seconds."""
    expires_at = func.clock_timestamp() + func.make_interval(0, 0, 0, 0, 0, 0, seconds)
    row = {"hash": hashed, "workspace_id": workspace, "key_id": key, "session_id": session, "expires_at": expires_at}
    await connection.execute(insert(Ticket).values(**row))


async def take_ticket(connection: AsyncConnection, hashed: bytes) -> TakenTicket | None:
    """Use up a ticket; return None where there is no valid one."""
    return row_or_none(TakenTicket, await connection.execute(text("SELECT * FROM take_ticket(:hash)"), {"hash": hashed}))


async def forget_old(connection: AsyncConnection, days: int) -> int:
    """Remove sessions and invitations that ended long enough ago, and unused tickets and requests; as the engine."""
    return int((await connection.execute(text("SELECT forget_sign_ins(:days)"), {"days": days})).scalar_one())


def _ended(because: str) -> dict[str, Any]:
    return {"ended_at": func.clock_timestamp(), "ended_because": because}


def _days(days: float) -> Any:
    return func.make_interval(0, 0, 0, 0, 0, 0, days * 86_400.0)
