"""Somebody accepts an invitation: as a new person with a password, or signed in as the one they are."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.desk import Desk
from shared.db.repositories import events, invitations, people
from shared.errors import Conflict
from shared.identity.caller import NotAllowed, NotSignedIn, Person, Role
from shared.identity.log_in import Door
from shared.identity.opaque import known
from shared.identity.passwords import require_strong
from shared.ids import new_id


class Accepted(BaseModel):
    """A new member."""

    person_id: UUID
    email: str
    workspace_id: UUID
    role: Role


async def accept_invitation(
    *, desk: Desk, door: Door, token: str, password: str | None, person: Person | None, address: str
) -> Accepted:
    """Make the person whom the token invites a member of its workspace, once.

    Raises:
        TooManyTries: from this address.
        NotSignedIn: there is no such invitation, it was used or taken back, or is too old.
        NotAllowed: it is for another address than that of the person who is signed in.
        Conflict: they are known and must sign in first, are new and gave no password, gave a weak one, or are a member.
        Busy: too many passwords wait to be checked.
    """
    await door.throttle.count("invitation", address=address)
    hashed = known(token).hash
    async with desk.personal(None) as connection:
        row = await _open(connection, hashed)
        is_known = await people.find_password(connection, row.email) is not None
    if person is not None:
        return await _join(desk, hashed, person.id, row, expected=person.email)
    if is_known:
        raise Conflict(
            code="sign_in_first", message="This person has an account: sign in, and accept with its access token."
        )
    if password is None:
        raise Conflict(code="password_missing", field="password", message="A new person needs a password.")
    require_strong(password, email=row.email)
    return await _join(desk, hashed, new_id(), row, expected=row.email, password=await door.passwords.hash(password))


async def _join(
    desk: Desk, hashed: bytes, person: UUID, row: Row[Any], *, expected: str, password: str | None = None
) -> Accepted:
    if row.email != expected:
        raise NotAllowed(message=f"This invitation is for {row.email}.")
    async with desk.change(row.workspace_id, person) as connection:
        await _open(connection, hashed)
        if password is not None and not await people.add_person(connection, person, row.email, password):
            raise Conflict(code="sign_in_first", message="This person has an account just now: sign in, and accept again.")
        if not await people.add_member(connection, row.workspace_id, person, row.role):
            raise Conflict(code="member_already", message="You are a member of this workspace already.")
        await invitations.remove(connection, row.workspace_id, row.id)
        data = {"person": str(person), "email": row.email, "role": row.role, "by": row.email}
        await events.append(connection, row.workspace_id, "member.joined", data)
    return Accepted(person_id=person, email=row.email, workspace_id=row.workspace_id, role=row.role)


async def _open(connection: AsyncConnection, hashed: bytes) -> Row[Any]:
    row = await invitations.take(connection, hashed)
    if row is None:
        raise NotSignedIn(field="token", message="This invitation is not known, was used or taken back, or is too old.")
    return row
