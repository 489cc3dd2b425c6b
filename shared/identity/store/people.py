"""How are people found and stored, and who is a member of which workspace?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.models import EventCounter, Member, Person, RecoveryCode, Workspace
from shared.db.rows import columns_of, row_of, row_or_none, rows_of
from shared.identity.caller import Role


@dataclass(frozen=True, slots=True)
class PasswordRow:
    """A person's password hash. `totp` is encrypted; codes are required since `totp_since`."""

    person_id: UUID
    password: str
    totp: str | None
    totp_since: datetime | None


@dataclass(frozen=True, slots=True)
class WorkspaceRow:
    """A workspace."""

    id: UUID
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class OwnWorkspace:
    """A workspace, and a person's role in it."""

    id: UUID
    name: str
    created_at: datetime
    role: Role


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member of a workspace."""

    id: UUID
    email: str
    role: Role
    created_at: datetime


_WORKSPACE = columns_of(Workspace, WorkspaceRow)
_OWN: tuple[Any, ...] = (*_WORKSPACE, Member.role)
_MEMBER: tuple[Any, ...] = (Member.person_id.label("id"), Person.email, Member.role, Member.created_at)


async def find_passwords(
    connection: AsyncConnection, email: str, *, place: str, workspace: UUID | None
) -> list[PasswordRow]:
    """Return the few people who may be meant by this address, most likely first.

    `place` is the IP address that asks; with a workspace, only its members.
    """
    query = text("SELECT * FROM find_passwords(:email, :place, :workspace)")
    values = {"email": email, "place": place, "workspace": workspace}
    return rows_of(PasswordRow, await connection.execute(query, values))


async def find_own_password(connection: AsyncConnection) -> PasswordRow:
    """Return the same for the person of the transaction."""
    return row_of(PasswordRow, await connection.execute(text("SELECT * FROM find_own_password()")))


async def add_person(connection: AsyncConnection, person: UUID, email: str, password: str, *, proved: bool) -> None:
    """Store a new person; the transaction becomes theirs. The address is theirs alone if they have proved it."""
    await connection.execute(insert(Person).values(id=person, email=email, password=password, proved=proved))


async def set_password(connection: AsyncConnection, person: UUID, password: str) -> None:
    """Store a new password's hash."""
    changed = {"password": password, "password_changed_at": func.clock_timestamp()}
    await connection.execute(update(Person).where(Person.id == person).values(**changed))


async def keep_totp(connection: AsyncConnection, person: UUID, sealed: str | None) -> None:
    """Store the secret of an authenticator app, which is not required yet; None removes it. Recovery codes are removed."""
    changed = {"totp": sealed, "totp_since": None, "totp_step": None}
    await connection.execute(update(Person).where(Person.id == person).values(**changed))
    await connection.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person))


async def ask_for_totp(connection: AsyncConnection, person: UUID, recovery: Sequence[bytes]) -> None:
    """Require codes from now on; these are the hashes of recovery codes, each of which works once."""
    await connection.execute(update(Person).where(Person.id == person).values(totp_since=func.clock_timestamp()))
    await connection.execute(insert(RecoveryCode), [{"person_id": person, "hash": hashed} for hashed in recovery])


async def take_totp_step(connection: AsyncConnection, person: UUID, step: int) -> bool:
    """Use up the code of a time step, and those before it. Return False where it was used."""
    is_new = Person.totp_step.is_(None) | (Person.totp_step < step)
    used = update(Person).where(Person.id == person, is_new).values(totp_step=step).returning(Person.id)
    return (await connection.execute(used)).first() is not None


async def take_recovery_code(connection: AsyncConnection, person: UUID, hashed: bytes) -> bool:
    """Use up a recovery code. Return False where there is no such code."""
    query = text("SELECT take_recovery_code(:person, :hash)")
    return bool((await connection.execute(query, {"person": person, "hash": hashed})).scalar_one())


async def has_owner(connection: AsyncConnection) -> bool:
    """Return whether this installation has an owner."""
    return bool((await connection.execute(text("SELECT has_owner()"))).scalar_one())


async def find_ownerless(connection: AsyncConnection, name: str) -> UUID | None:
    """Return a workspace of this name without members."""
    found: UUID | None = (await connection.execute(text("SELECT find_ownerless(:name)"), {"name": name})).scalar_one()
    return found


async def offer_setup(connection: AsyncConnection, fresh: bytes, kept: bytes) -> str:
    """Return `owned` (there is an owner), `kept` (the earlier token is still valid) or `fresh` (the new one is)."""
    statement = text("SELECT offer_setup(:fresh, :kept)")
    return str((await connection.execute(statement, {"fresh": fresh, "kept": kept})).scalar_one())


async def knows_setup(connection: AsyncConnection, hashed: bytes) -> bool:
    """Return whether this set-up token was offered and not used."""
    return bool((await connection.execute(text("SELECT knows_setup(:hash)"), {"hash": hashed})).scalar_one())


async def take_setup(connection: AsyncConnection, hashed: bytes) -> bool:
    """Use up a set-up token, and all others with it; concurrent callers wait until the transaction ends."""
    return bool((await connection.execute(text("SELECT take_setup(:hash)"), {"hash": hashed})).scalar_one())


async def add_workspace(connection: AsyncConnection, workspace: UUID, name: str) -> None:
    """Store a new workspace with its event counter; the transaction is in it."""
    await connection.execute(insert(Workspace).values(id=workspace, name=name))
    await connection.execute(insert(EventCounter).values(workspace_id=workspace))


async def page_of_workspaces(
    connection: AsyncConnection, person: UUID, *, before: UUID | None, limit: int
) -> list[OwnWorkspace]:
    """Return workspaces of which the person is a member, newest first; the transaction is theirs."""
    query = select(*_OWN).join(Member).where(Member.person_id == person)
    if before is not None:
        query = query.where(Workspace.id < before)
    return rows_of(OwnWorkspace, await connection.execute(query.order_by(Workspace.id.desc()).limit(limit)))


async def find_workspace(connection: AsyncConnection, workspace: UUID) -> WorkspaceRow:
    """Return the transaction's workspace."""
    query = select(*_WORKSPACE).where(Workspace.id == workspace)
    return row_of(WorkspaceRow, await connection.execute(query))


async def roles_of(connection: AsyncConnection, person: UUID) -> Sequence[str]:
    """Return the person's roles in their workspaces; the transaction is theirs."""
    return (await connection.execute(select(Member.role).where(Member.person_id == person))).scalars().all()


async def add_member(connection: AsyncConnection, workspace: UUID, person: UUID, role: str) -> bool:
    """Store a new member. Return False where the person is one already."""
    statement = insert(Member).values(workspace_id=workspace, person_id=person, role=role)
    made = statement.on_conflict_do_nothing().returning(Member.person_id)
    return (await connection.execute(made)).first() is not None


async def has_member_with(connection: AsyncConnection, workspace: UUID, email: str) -> bool:
    """Return whether a member has this address; concurrent callers with it wait until the transaction ends."""
    await connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": f"{workspace} {email}"}
    )
    query = select(Member.person_id).join(Person).where(Member.workspace_id == workspace, Person.email == email)
    return (await connection.execute(query.limit(1))).first() is not None


async def end_member_sessions(connection: AsyncConnection, person: UUID) -> int:
    """End all sessions of a member of the transaction's workspace; return how many."""
    return int((await connection.execute(text("SELECT end_member_sessions(:person)"), {"person": person})).scalar_one())


async def page_of_members(
    connection: AsyncConnection, workspace: UUID, *, after: UUID | None, limit: int
) -> list[MemberRow]:
    """Return members, by their ids."""
    query = select(*_MEMBER).join(Person).where(Member.workspace_id == workspace)
    if after is not None:
        query = query.where(Member.person_id > after)
    return rows_of(MemberRow, await connection.execute(query.order_by(Member.person_id).limit(limit)))


async def lock_member(connection: AsyncConnection, workspace: UUID, person: UUID) -> MemberRow | None:
    """Return the member, and lock them and all owners, in one order, until the transaction ends."""
    held = select(Member.person_id).where(
        Member.workspace_id == workspace, (Member.role == "owner") | (Member.person_id == person)
    )
    await connection.execute(held.order_by(Member.person_id).with_for_update(key_share=True))
    query = select(*_MEMBER).join(Person).where(Member.workspace_id == workspace, Member.person_id == person)
    return row_or_none(MemberRow, await connection.execute(query))


async def count_owners(connection: AsyncConnection, workspace: UUID) -> int:
    """Return how many owners the workspace has."""
    query = select(func.count()).select_from(Member).where(Member.workspace_id == workspace, Member.role == "owner")
    return int((await connection.execute(query)).scalar_one())


async def set_role(connection: AsyncConnection, workspace: UUID, person: UUID, role: str) -> None:
    """Change a member's role."""
    where = (Member.workspace_id == workspace, Member.person_id == person)
    await connection.execute(update(Member).where(*where).values(role=role))


async def remove_member(connection: AsyncConnection, workspace: UUID, person: UUID) -> None:
    """Remove a member."""
    await connection.execute(delete(Member).where(Member.workspace_id == workspace, Member.person_id == person))
