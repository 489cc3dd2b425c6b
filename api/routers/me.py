"""The caller, and the password of a person who calls."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body
from pydantic import BaseModel, Field

from api.deps import TheDatabase, TheLoginContext
from api.guard import AnyPerson, AnyVisitor, GuardedRoute
from api.schemas.identity import PASSWORD_EXAMPLES, PasswordBody
from shared.identity.me import Me, describe_caller
from shared.identity.sign_in.change_password import change_password

router = APIRouter(prefix="/api", tags=["me"], route_class=GuardedRoute)


class PasswordChanged(BaseModel):
    """The effect of a new password."""

    ended_sessions: int = Field(description="So many other sessions were ended.")


@router.get("/me")
async def get(visitor: AnyVisitor, database: TheDatabase) -> Me:
    """Show the key or the person that asks, their workspace, and what they may do in it."""
    return await describe_caller(database=database, visitor=visitor)


@router.post("/auth/password")
async def update_password(
    person: AnyPerson,
    database: TheDatabase,
    login: TheLoginContext,
    body: Annotated[PasswordBody, Body(openapi_examples=PASSWORD_EXAMPLES)],
) -> PasswordChanged:
    """Change the password; all other sessions end."""
    ended = await change_password(
        database=database, login=login, person=person, current=body.current, password=body.password
    )
    return PasswordChanged(ended_sessions=ended)
