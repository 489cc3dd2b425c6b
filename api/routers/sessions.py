"""Signing in and out, for people: tokens for programs, cookies for pages of the gateway."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Path, Request, Response
from pydantic import BaseModel, Field

from api.cookies import drop_cookies, require_own_page, set_cookies, shown_refresh
from api.deps import ComeFrom, TheDatabase, TheLoginContext
from api.guard import AnyPerson, GuardedRoute, Reader, public
from api.schemas.identity import (
    LOGIN_EXAMPLES,
    REFRESH_EXAMPLES,
    LoginBody,
    RefreshBody,
)
from api.schemas.parameter import Cursor, Limit
from api.schemas.tasks import Id
from shared.identity.sessions.refresh import refresh_session
from shared.identity.sessions.sessions import SessionPage, SessionView, end_session, list_sessions
from shared.identity.sessions.ticket import TicketMade, make_ticket
from shared.identity.sign_in.log_in import Issued, log_in

router = APIRouter(prefix="/api/auth", tags=["sessions"], route_class=GuardedRoute)
SessionId = Annotated[Id, Path(description="The session's id.")]


class Tokens(BaseModel):
    """A session's tokens; null where they are cookies."""

    token_type: str = "Bearer"  # noqa: S105 - no secret
    access_token: str | None = Field(description="For `Authorization: Bearer …`.")
    expires_in: int = Field(description="How long the access token is good (seconds).")
    refresh_token: str | None = Field(description="Good once, for the next tokens.")
    session_id: Id


@router.post("/login", dependencies=[public])
async def login(
    request: Request,
    response: Response,
    database: TheDatabase,
    login: TheLoginContext,
    come_from: ComeFrom,
    body: Annotated[LoginBody, Body(openapi_examples=LOGIN_EXAMPLES)],
) -> Tokens:
    """Sign a person in."""
    if body.cookies:
        require_own_page(request)
    issued = await log_in(
        database=database,
        login=login,
        email=body.email,
        password=body.password,
        code=body.code,
        come_from=come_from,
        workspace=body.workspace,
    )
    return _hand_over(request, response, issued, as_cookies=body.cookies)


@router.post("/refresh", dependencies=[public])
async def refresh(
    request: Request,
    response: Response,
    database: TheDatabase,
    login: TheLoginContext,
    body: Annotated[RefreshBody, Body(openapi_examples=REFRESH_EXAMPLES)],
) -> Tokens:
    """Exchange a refresh token for the session's next tokens; a refresh token that is used again later ends the session."""
    as_cookies = body.refresh_token is None
    if as_cookies:
        require_own_page(request)
    issued = await refresh_session(
        database=database, login=login, refresh_token=body.refresh_token or shown_refresh(request)
    )
    return _hand_over(request, response, issued, as_cookies=as_cookies)


@router.post("/logout")
async def logout(request: Request, response: Response, person: AnyPerson, database: TheDatabase) -> SessionView:
    """End the session that asks."""
    drop_cookies(request, response)
    return await end_session(database=database, person=person, session=person.session_id, because="signed_out")


@router.post("/ticket", status_code=201)
async def create_ticket(caller: Reader, request: Request, database: TheDatabase) -> TicketMade:
    """Create a ticket that admits one socket, for 30 seconds and once."""
    return await make_ticket(database=database, caller=caller, visitor=request.state.visitor)


@router.get("/sessions")
async def list_(person: AnyPerson, database: TheDatabase, cursor: Cursor = None, limit: Limit = 50) -> SessionPage:
    """List your sessions."""
    return await list_sessions(database=database, person=person, cursor=cursor, limit=limit)


@router.delete("/sessions/{session}")
async def revoke(person: AnyPerson, database: TheDatabase, session: SessionId) -> SessionView:
    """Revoke one of your sessions; its access token is refused from the next request on."""
    return await end_session(database=database, person=person, session=session, because="revoked")


def _hand_over(request: Request, response: Response, issued: Issued, *, as_cookies: bool) -> Tokens:
    if as_cookies:
        set_cookies(request, response, issued)
    return Tokens(
        access_token=None if as_cookies else issued.access_token,
        refresh_token=None if as_cookies else issued.refresh_token,
        expires_in=issued.access_s,
        session_id=issued.session_id,
    )
