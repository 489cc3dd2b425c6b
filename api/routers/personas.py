"""Personas: the voices that own accounts, schedules and content."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Path

from api.deps import TheDatabase
from api.guard import GuardedRoute, Manager, Reader
from api.schemas.parameter import Cursor, Limit
from api.schemas.personas import PATCH_EXAMPLES, PERSONA_EXAMPLES, PersonaBody, PersonaPatch
from api.schemas.tasks import Id
from shared.personas.change import change_persona
from shared.personas.create import create_persona
from shared.personas.page import PersonaPage, find_persona, list_personas
from shared.personas.remove import remove_persona
from shared.personas.view import PersonaView

router = APIRouter(prefix="/api/personas", tags=["personas"], route_class=GuardedRoute)
PersonaId = Annotated[Id, Path(description="The persona's id.")]


@router.get("")
async def list_(caller: Reader, database: TheDatabase, cursor: Cursor = None, limit: Limit = 50) -> PersonaPage:
    """List the workspace's personas."""
    return await list_personas(database=database, caller=caller, cursor=cursor, limit=limit)


@router.post("", status_code=201)
async def create(
    caller: Manager, database: TheDatabase, body: Annotated[PersonaBody, Body(openapi_examples=PERSONA_EXAMPLES)]
) -> PersonaView:
    """Create a persona; its quiet hours and budgets are set with `PUT /api/limits`."""
    return await create_persona(database=database, caller=caller, wanted=body.as_new())


@router.get("/{persona}")
async def get(caller: Reader, database: TheDatabase, persona: PersonaId) -> PersonaView:
    """Show one persona."""
    return await find_persona(database=database, caller=caller, persona=persona)


@router.patch("/{persona}")
async def update(
    caller: Manager,
    database: TheDatabase,
    persona: PersonaId,
    body: Annotated[PersonaPatch, Body(openapi_examples=PATCH_EXAMPLES)],
) -> PersonaView:
    """Change a persona."""
    return await change_persona(database=database, caller=caller, persona=persona, change=body.as_change())


@router.delete("/{persona}")
async def delete(caller: Manager, database: TheDatabase, persona: PersonaId) -> PersonaView:
    """Remove a persona that owns no account; the answer shows it as it was."""
    return await remove_persona(database=database, caller=caller, persona=persona)
