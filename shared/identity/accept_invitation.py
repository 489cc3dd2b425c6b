"""Accepting an invitation: as a new person with a password, or signed in as an existing one."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db import events
from shared.db.database import Database
from shared.errors import Conflict
from shared.identity.caller import NotAllowed, NotSignedIn, Person, Role
from shared.identity.opaque import known
from shared.identity.sign_in.log_in import LoginContext
from shared.identity.sign_in.passwords import require_strong
from shared.identity.store import invitations, people
from shared.identity.store.invitations import OpenInvitation
from shared.ids import new_id


class Accepted(BaseModel):
    """A new member."""

    person_id: UUID
    email: str
    workspace_id: UUID
    role: Role


async def accept_invitation(
    *, database: Database, login: LoginContext, token: str, password: str | None, person: Person | None, address: str
) -> Accepted:
    """Make the person whom the token invites a member of its workspace, once.

    Without a sign-in they become a new person, who is known by the address in this workspace alone: the inviter could accept
    the invitation too, and must not become somebody else anywhere by doing so.

    Raises:
        TooManyTries: from this address.
        NotSignedIn: there is no such invitation, it was used or revoked, or is too old.
        NotAllowed: it is for another address than that of the person who is signed in.
        Conflict: they gave no password, a weak one or that of an account of theirs, or such a person is a member.
        Busy: too many passwords wait to be checked.
    """
    await login.throttle.count("invitation", address=address)
    hashed = known(token).hash
    async with database.personal(None) as connection:
        row = await _open(connection, hashed)
        meant = await people.find_passwords(connection, row.email, place=address, workspace=None)
    if person is not None:
        if row.email != person.email:
            raise NotAllowed(message=f"This invitation is for {row.email}.")
        return await _join(database, hashed, person.id, row)
    if password is None:
        message = "A new person needs a password; who has an account signs in, and accepts with its access token."
        raise Conflict(code="password_missing", field="password", message=message)
    require_strong(password, email=row.email)
    for one in meant:
        if await login.passwords.matches(password, one.password):
            message = "This is the password of an account of yours: sign in, and accept with its access token."
            raise Conflict(code="sign_in_first", message=message)
    return await _join(database, hashed, new_id(), row, password=await login.passwords.hash(password))


async def _join(
    database: Database, hashed: bytes, person: UUID, row: OpenInvitation, *, password: str | None = None
) -> Accepted:
    async with database.change(row.workspace_id, person) as connection:
        await _open(connection, hashed)
        if await people.has_member_with(connection, row.workspace_id, row.email):
            raise Conflict(code="member_already", message="Who has this address is a member of this workspace already.")
        if password is not None:
            # The token proves only that the inviter knew the address, so the address stays free elsewhere.
            await people.add_person(connection, person, row.email, password, proved=False)
        await people.add_member(connection, row.workspace_id, person, row.role)
        await invitations.remove(connection, row.workspace_id, row.id)
        data = {"person": str(person), "email": row.email, "role": row.role, "by": row.email}
        await events.append(connection, row.workspace_id, "member.joined", data)
    return Accepted(person_id=person, email=row.email, workspace_id=row.workspace_id, role=row.role)


async def _open(connection: AsyncConnection, hashed: bytes) -> OpenInvitation:
    row = await invitations.take(connection, hashed)
    if row is None:
        raise NotSignedIn(field="token", message="This invitation is not known, was used or taken back, or is too old.")
    return row
