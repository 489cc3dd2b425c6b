"""Who may use which route? Every route declares one permission; what declares none does not start."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

import structlog
from fastapi import Depends, Request, Response, Security
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from starlette.requests import HTTPConnection

from shared.identity.caller import Caller, NotAllowed, Scope
from shared.identity.sign_in import sign_in

bearer = HTTPBearer(auto_error=False, scheme_name="api_key", description="An API key, `csk_…`.")


class Public:
    """Anybody may."""

    async def __call__(self) -> None:
        """Nothing to check."""


class Permission:
    """Whoever holds a key with this scope may."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    async def __call__(self, request: Request, _shown: Annotated[object, Security(bearer)]) -> Caller:
        """The caller, whom `GuardedRoute` has let in."""
        caller: Caller = request.state.caller
        return caller


public = Depends(Public())
Reader = Annotated[Caller, Depends(Permission("read"))]
Submitter = Annotated[Caller, Depends(Permission("submit"))]
Approver = Annotated[Caller, Depends(Permission("approve"))]
Manager = Annotated[Caller, Depends(Permission("manage"))]


def guards_of(dependant: Dependant) -> list[Public | Permission]:
    """What a route's own dependencies say about who may use it."""
    return [d.call for d in dependant.dependencies if isinstance(d.call, Public | Permission)]


class GuardedRoute(APIRoute):
    """A route that looks at the credentials before anything else, the body included."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The route's handler behind its guard.

        Raises:
            TypeError: the route declares no permission, or more than one.
        """
        guards = guards_of(self.dependant)
        if len(guards) != 1:
            message = f"{self.path} must declare one permission, and declares {len(guards)}."
            raise TypeError(message)
        guard, handle = guards[0], super().get_route_handler()

        path = self.path

        async def guarded(request: Request) -> Response:
            request.state.route = path
            if isinstance(guard, Permission):
                request.state.caller = await let_in(request, guard.scope)
            return await handle(request)

        return guarded


async def let_in(request: HTTPConnection, scope: Scope, authorization: str | None = None) -> Caller:
    """The caller, if the request's key reaches this far; a browser's socket says it in its first message instead.

    Raises:
        NotSignedIn, NotAllowed: it does not.
    """
    shown = request.headers.get("Authorization", "") if authorization is None else authorization
    caller = await sign_in(engine=request.app.state.desk.engine, authorization=shown)
    structlog.contextvars.bind_contextvars(workspace=str(caller.workspace_id), key=str(caller.key_id))
    if scope not in caller.scopes:
        raise NotAllowed(message=f"This needs a key with the scope {scope!r}.")
    return caller
