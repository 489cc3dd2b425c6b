"""How are workspaces, personas, hosts and keys found and made?

The functions that make them run as the owner, at set-up, over a plain connection.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.models import Account, ApiKey, Base, EventCounter, Host, Member, Person, Persona, Session, Workspace
from shared.ids import new_id

_SETUP_LOCK = 0x63616C6D  # one set-up at a time


async def workspace_name(connection: AsyncConnection, workspace: UUID) -> str:
    """Return the workspace's name."""
    return str((await connection.execute(select(Workspace.name).where(Workspace.id == workspace))).scalar_one())


def set_up_alone(connection: Connection) -> None:
    """Lock other set-ups out until the transaction ends."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SETUP_LOCK})


def ensure_workspace(connection: Connection, name: str) -> UUID:
    """Return the workspace of this name; it is made with its event counter where it is missing."""
    found = connection.execute(select(Workspace.id).where(Workspace.name == name).order_by(Workspace.id)).scalar()
    if found is not None:
        return found
    workspace = new_id()
    connection.execute(insert(Workspace).values(id=workspace, name=name))
    connection.execute(insert(EventCounter).values(workspace_id=workspace))
    return workspace


def ensure_persona(connection: Connection, workspace: UUID, name: str) -> UUID:
    """Return the persona of this name; it is made where it is missing."""
    return _ensure(connection, Persona, {"workspace_id": workspace, "name": name})


def ensure_host(connection: Connection, workspace: UUID, name: str) -> UUID:
    """Return the host of this name; it is made where it is missing.

    Raises:
        NoResultFound: another workspace has a host of that name.
    """
    return _ensure(connection, Host, {"workspace_id": workspace, "name": name})


def ensure_account(connection: Connection, account: Mapping[str, Any]) -> None:
    """Store an account by (workspace, platform, handle); host and origin follow the settings of each start."""
    statement = insert(Account).values(id=new_id(), **account)
    moved = {"host_id": statement.excluded.host_id, "origin": statement.excluded.origin}
    key = ("workspace_id", "platform", "handle")
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=moved))


def has_key(connection: Connection, workspace: UUID, name: str) -> bool:
    """Return whether the workspace has a valid key of this name."""
    query = select(ApiKey.id).where(ApiKey.workspace_id == workspace, ApiKey.name == name, ApiKey.revoked_at.is_(None))
    return connection.execute(query.limit(1)).first() is not None


def add_key(
    connection: Connection, workspace: UUID, name: str, *, prefix: str, hashed: bytes, scopes: Sequence[str]
) -> None:
    """Store a new key."""
    row = {"id": new_id(), "workspace_id": workspace, "name": name, "prefix": prefix, "hash": hashed}
    connection.execute(insert(ApiKey).values(**row, scopes=list(scopes)))


def find_person(connection: Connection, email: str) -> UUID | None:
    """Return the person with this address; one who has proved it comes first."""
    return connection.execute(
        select(Person.id).where(Person.email == email).order_by(Person.proved.desc()).limit(1)
    ).scalar()


def put_person(connection: Connection, email: str, password: str) -> UUID:
    """Set the password of the person who has proved this address, and end all their sessions."""
    changed = {"password": password, "password_changed_at": func.clock_timestamp(), "totp": None, "totp_since": None}
    statement = insert(Person).values(id=new_id(), email=email, password=password, proved=True)
    kept = statement.on_conflict_do_update(index_elements=["email"], index_where=text("proved"), set_=changed)
    person: UUID = connection.execute(kept.returning(Person.id)).scalar_one()
    ended = {"ended_at": func.clock_timestamp(), "ended_because": "password"}
    connection.execute(update(Session).where(Session.person_id == person, Session.ended_at.is_(None)).values(**ended))
    return person


def ensure_owner(connection: Connection, workspace: UUID, person: UUID) -> None:
    """Make the person an owner of the workspace, whatever they were before."""
    statement = insert(Member).values(workspace_id=workspace, person_id=person, role="owner")
    key = ("workspace_id", "person_id")
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_={"role": "owner"}))


def _ensure(connection: Connection, table: type[Base], named: Mapping[str, Any]) -> UUID:
    connection.execute(insert(table).values(id=new_id(), **named).on_conflict_do_nothing())
    found: UUID = connection.execute(select(table.__table__.c.id).filter_by(**named)).scalar_one()
    return found
