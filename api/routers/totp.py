"""Codes of an authenticator app, in addition to the password."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body

from api.deps import TheDatabase, TheLoginContext
from api.guard import AnyPerson, GuardedRoute
from api.schemas.identity import CODE_EXAMPLES, TOTP_END_EXAMPLES, TOTP_EXAMPLES, CodeBody, TotpBody, TotpEndBody
from shared.identity.sign_in.totp import RecoveryCodes, TotpBegun, TotpRemoved, begin_totp, confirm_totp, remove_totp

router = APIRouter(prefix="/api/auth/totp", tags=["totp"], route_class=GuardedRoute)


@router.post("", status_code=201)
async def enroll(
    person: AnyPerson,
    database: TheDatabase,
    login: TheLoginContext,
    body: Annotated[TotpBody, Body(openapi_examples=TOTP_EXAMPLES)],
) -> TotpBegun:
    """Begin to set up an authenticator app; codes are required once one is confirmed."""
    return await begin_totp(database=database, login=login, person=person, password=body.password)


@router.post("/confirm")
async def confirm(
    person: AnyPerson,
    database: TheDatabase,
    login: TheLoginContext,
    body: Annotated[CodeBody, Body(openapi_examples=CODE_EXAMPLES)],
) -> RecoveryCodes:
    """Confirm that the app works; from now on its code is required. The answer holds recovery codes, once."""
    return await confirm_totp(database=database, login=login, person=person, code=body.code)


@router.post("/remove")
async def disable(
    person: AnyPerson,
    database: TheDatabase,
    login: TheLoginContext,
    body: Annotated[TotpEndBody, Body(openapi_examples=TOTP_END_EXAMPLES)],
) -> TotpRemoved:
    """Stop requiring codes; this takes a last one."""
    return await remove_totp(database=database, login=login, person=person, password=body.password, code=body.code)
