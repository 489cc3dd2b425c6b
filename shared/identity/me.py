"""What does the gateway know about its caller?"""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from shared.db.database import Database
from shared.identity.caller import SCOPES, Caller, Person, Role, Visitor
from shared.identity.store import workspaces


class Named(BaseModel):
    """Something with an id and a name."""

    id: UUID
    name: str


class MyKey(Named):
    """The key that asks."""

    scopes: list[str]


class MyPerson(BaseModel):
    """The person who asks."""

    id: UUID
    email: str
    session_id: UUID
    role: Role | None = Field(description="What they are in the workspace.")
    totp: bool = Field(description="Whether a code of an authenticator app is asked for.")


class Me(BaseModel):
    """The caller: a key, or a person."""

    kind: Literal["key", "person"]
    key: MyKey | None = Field(description="Null for a person.")
    person: MyPerson | None = Field(description="Null for a key.")
    workspace: Named | None = Field(description="Null for a person who is in several and names none in `X-Workspace`.")
    scopes: list[str] = Field(description="What the caller may do in the workspace.")


async def describe_caller(*, database: Database, visitor: Visitor) -> Me:
    """Return the key or the person that asks, and the workspace they act in."""
    caller, person = visitor.caller, visitor.person
    scopes = [scope for scope in SCOPES if caller and scope in caller.scopes]
    role = caller.role if caller else None
    return Me(
        kind="person" if person else "key",
        key=MyKey(id=caller.id, name=caller.name, scopes=scopes) if caller and not person else None,
        person=_person(person, role) if person else None,
        workspace=await _workspace(database, caller) if caller else None,
        scopes=scopes,
    )


def _person(person: Person, role: Role | None) -> MyPerson:
    return MyPerson(id=person.id, email=person.email, session_id=person.session_id, role=role, totp=person.totp)


async def _workspace(database: Database, caller: Caller) -> Named:
    async with database.read(caller.workspace_id) as connection:
        name = await workspaces.workspace_name(connection, caller.workspace_id)
    return Named(id=caller.workspace_id, name=name)
