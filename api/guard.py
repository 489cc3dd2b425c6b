"""Who may use which route? Every route declares one permission; a route without one stops the gateway from starting."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

import structlog
from fastapi import Depends, Request, Response, Security
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from starlette.requests import HTTPConnection

from api.cookies import require_own_page, shown_access
from api.strict_request import StrictRequest, query_names, require_json, require_known_query, require_plain
from shared.actor import act_as
from shared.hosts.door import HostCaller, recognise_host
from shared.identity.caller import Caller, NotAllowed, NotSignedIn, Person, Scope, Visitor
from shared.identity.recognise import HEADER, recognise

bearer = HTTPBearer(
    auto_error=False,
    scheme_name="bearer",
    description=f"An API key, `csk_…`, or a person's access token. A person who is a member of several workspaces names one"
    f" in the header `{HEADER}`, by its id; a key belongs to one. Browsers may show the access token as a cookie instead.",
)
BearerScheme = Annotated[object, Security(bearer)]


class Public:
    """Anybody may."""

    async def __call__(self) -> None:
        """Check nothing."""


class Permission:
    """Callers with this scope in the workspace may: a key, or a person by their role."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    async def __call__(self, request: Request, _shown: BearerScheme) -> Caller:
        """Return the caller, whom `GuardedRoute` has admitted."""
        caller: Caller = request.state.visitor.caller
        return caller


class SignedIn:
    """Anybody with valid credentials may, whatever their scopes."""

    async def __call__(self, request: Request, _shown: BearerScheme) -> Visitor:
        """Return who it is."""
        visitor: Visitor = request.state.visitor
        return visitor


class PersonOnly:
    """A person may, whatever their roles; an API key may not."""

    async def __call__(self, request: Request, _shown: BearerScheme) -> Person:
        """Return the person."""
        person: Person = request.state.visitor.person
        return person


class HostOnly:
    """A joined host may, by the credential with which it opens the door; nobody else."""

    async def __call__(self, request: Request) -> HostCaller:
        """Return the host."""
        host: HostCaller = request.state.host
        return host


Guard = Public | Permission | SignedIn | PersonOnly | HostOnly
public = Depends(Public())
Reader = Annotated[Caller, Depends(Permission("read"))]
Submitter = Annotated[Caller, Depends(Permission("submit"))]
Approver = Annotated[Caller, Depends(Permission("approve"))]
Manager = Annotated[Caller, Depends(Permission("manage"))]
AnyVisitor = Annotated[Visitor, Depends(SignedIn())]
AnyHost = Annotated[HostCaller, Depends(HostOnly())]
AnyPerson = Annotated[Person, Depends(PersonOnly())]


def guards_of(dependant: Dependant) -> list[Guard]:
    """Return the guards among a route's own dependencies."""
    return [d.call for d in dependant.dependencies if isinstance(d.call, Guard)]


class GuardedRoute(APIRoute):
    """A route that checks the credentials first, before the body, and refuses what it would ignore."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the route's handler behind its guard.

        Raises:
            TypeError: the route declares no permission, or more than one.
        """
        guards = guards_of(self.dependant)
        if len(guards) != 1:
            message = f"{self.path} must declare one permission, and declares {len(guards)}."
            raise TypeError(message)
        guard, handle = guards[0], super().get_route_handler()

        path, names, takes_json = self.path_format, query_names(self.dependant), self.body_field is not None

        async def guarded(plain: Request) -> Response:
            request = StrictRequest(plain.scope, plain.receive)
            request.state.route = path
            if isinstance(guard, HostOnly):
                database = request.app.state.database
                request.state.host = await recognise_host(database=database, credential=bearer_of(request))
            elif not isinstance(guard, Public):
                visitor = await visitor_of(request)
                require(visitor, guard)
                request.state.visitor = visitor
            if not isinstance(guard, Public):  # callbacks from platforms, and probes, may add parameters of their own
                require_known_query(request, names)
            require_plain(request)
            if takes_json:
                await require_json(request)
            return await handle(request)

        return guarded


def require(visitor: Visitor, guard: Permission | SignedIn | PersonOnly) -> None:
    """Check that the guard admits the visitor.

    Raises:
        NotAllowed: the visitor's key or role does not suffice, or a key asks for what only a person may do.
        Invalid: a person must name the workspace.
    """
    if isinstance(guard, PersonOnly) and visitor.person is None:
        raise NotAllowed(message="This is for people; an API key is none.")
    if isinstance(guard, Permission):
        caller_of(visitor, guard.scope)


def caller_of(visitor: Visitor, scope: Scope) -> Caller:
    """Return the visitor in their workspace, where they have this scope; raises what `require` raises."""
    caller = visitor.caller
    if caller is None:
        raise visitor.missing or NotAllowed(message="No workspace is named.")
    if scope not in caller.scopes:
        raise NotAllowed(message=f"This needs the scope {scope!r}, and your {_what(caller)} has it not.")
    return caller


async def visitor_of(request: HTTPConnection, authorization: str | None = None) -> Visitor:
    """Return who asks: by the header, by `authorization` (a socket's first message), or by a browser's cookie.

    Raises:
        NotSignedIn: the credentials are missing or unknown.
        NotAllowed: a cookie came with another page's request.
    """
    state = request.app.state
    visitor = await recognise(
        engine=state.database.engine,
        token_keys=state.token_keys.keyring,
        credential=_credential(request, authorization),
        workspace=request.headers.get(HEADER),
        now=state.clock.now().timestamp(),
    )
    note(request, visitor)
    return visitor


def note(request: HTTPConnection, visitor: Visitor) -> None:
    """Bind who it is to the log and to the audit log, and record that a key was used."""
    caller, person = visitor.caller, visitor.person
    address = request.client.host if request.client else ""
    correlation_id = request.scope.get("state", {}).get("request_id", "")
    if caller is not None:
        act_as(name=caller.name, actor_id=caller.id, via=caller.kind, address=address, correlation_id=correlation_id)
        structlog.contextvars.bind_contextvars(workspace=str(caller.workspace_id), **{caller.kind: str(caller.id)})
        if caller.kind == "key":
            request.app.state.last_use.note(caller.id)
    elif person is not None:
        act_as(name=person.email, actor_id=person.id, via="person", address=address, correlation_id=correlation_id)


def _credential(request: HTTPConnection, authorization: str | None) -> str:
    if authorization is None and "Authorization" not in request.headers and (cookie := shown_access(request)):
        require_own_page(request)
        return cookie
    return bearer_of(request, authorization)


def bearer_of(request: HTTPConnection, authorization: str | None = None) -> str:
    """Return the credential in the header, or in `authorization`.

    Raises:
        NotSignedIn: there is none.
    """
    shown = request.headers.get("Authorization", "") if authorization is None else authorization
    scheme, _, credential = shown.partition(" ")
    if scheme.lower() != "bearer":
        raise NotSignedIn(message="Send an API key or an access token as `Authorization: Bearer …`.")
    return credential.strip()


def _what(caller: Caller) -> str:
    return "key" if caller.kind == "key" else f"role {caller.role!r}"
