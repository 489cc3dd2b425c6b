"""Which HTTP status does each error get, and how does a problem document read? Statuses stand here alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection
from starlette.exceptions import HTTPException

from api.allowed import allowed_methods
from api.schemas.names import NO_SUCH_NAME
from api.strict_request import UnsupportedBody
from connectors.registry import platform_names
from shared.errors import (
    CallsheetError,
    Conflict,
    Gone,
    NotConfigured,
    NotFound,
    NotMedia,
    RateLimited,
    RequestRefused,
    TooLarge,
    Transient,
)
from shared.identity.caller import NotAllowed, NotSignedIn, TooManyTries
from shared.task_types.registry import TASK_TYPES
from shared.validation import message_of

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"
PROBLEM = {"$ref": "#/components/schemas/Problem"}
RETRY_AFTER_S = "1"

# The first class that fits decides; every other error is a fault of ours.
_STATUS_OF: tuple[tuple[type[CallsheetError], HTTPStatus], ...] = (
    (NotSignedIn, HTTPStatus.UNAUTHORIZED),
    (NotAllowed, HTTPStatus.FORBIDDEN),
    (TooManyTries, HTTPStatus.TOO_MANY_REQUESTS),
    (NotFound, HTTPStatus.NOT_FOUND),
    (Conflict, HTTPStatus.CONFLICT),
    (Gone, HTTPStatus.GONE),
    (TooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (NotMedia, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    (UnsupportedBody, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    (RequestRefused, HTTPStatus.UNPROCESSABLE_ENTITY),
    (NotConfigured, HTTPStatus.SERVICE_UNAVAILABLE),
    (Transient, HTTPStatus.SERVICE_UNAVAILABLE),
    (RateLimited, HTTPStatus.SERVICE_UNAVAILABLE),
)
_HEADERS_OF: dict[HTTPStatus, dict[str, str]] = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": 'Bearer realm="callsheet"'},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": RETRY_AFTER_S},
}
TOO_LARGE, TOO_SLOW, CRASHED = (
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.INTERNAL_SERVER_ERROR,
)
NOT_READY = HTTPStatus.SERVICE_UNAVAILABLE.value


class FieldProblem(BaseModel):
    """A problem with one part of a request."""

    field: str = Field(description="Where: `payload.text`, `tasks[3].account`, a parameter, a header.")
    message: str


class Problem(BaseModel):
    """RFC 9457."""

    type: str = Field(description="A name for this kind of problem, as a relative address.")
    title: str
    status: int
    detail: str
    code: str = Field(description="The same name, for programs.")
    errors: list[FieldProblem]


def problem(
    status: HTTPStatus,
    code: str,
    detail: str,
    errors: Sequence[FieldProblem] = (),
    headers: dict[str, str] | None = None,
) -> Response:
    """Return a problem document as a response."""
    body = Problem(
        type=f"/problems/{code.replace('_', '-')}",
        title=status.phrase,
        status=status.value,
        detail=detail,
        code=code,
        errors=list(errors),
    )
    # As ASCII, since the name of an unknown field may hold characters that UTF-8 cannot encode.
    text = json.dumps(body.model_dump())
    return Response(text, status.value, headers=_HEADERS_OF.get(status, {}) | (headers or {}), media_type=MEDIA_TYPE)


def documented(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """Return the problems that every operation may answer with, for OpenAPI."""
    return {s.value: {"description": s.phrase, "content": {MEDIA_TYPE: {"schema": PROBLEM}}} for s in statuses}


EVERYWHERE = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.CONFLICT,
    HTTPStatus.GONE,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
)


def install(app: FastAPI) -> None:
    """Answer every error with a problem document."""
    app.add_exception_handler(CallsheetError, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(DBAPIError, _database)
    app.add_exception_handler(NoConnection, _database)


def _refused(_request: Request, error: Any) -> Response:
    status = next((s for kind, s in _STATUS_OF if isinstance(error, kind)), CRASHED)
    if status is CRASHED:
        return crashed(error)
    field = getattr(error, "field", "")
    errors = [FieldProblem(field=field, message=error.message)] if field else []
    errors += [FieldProblem(field=place, message=said) for place, said in getattr(error, "faults", ())]
    headers = {"Retry-After": str(error.retry_after_s)} if isinstance(error, TooManyTries) else {}
    return problem(status, error.code, error.message, errors, headers)


def _malformed(_request: Request, error: Any) -> Response:
    found = error.errors()
    errors = [FieldProblem(field=_field(e), message=message_of(e)) for e in found[:100]]
    if all(e["type"] == NO_SUCH_NAME for e in found):
        return problem(HTTPStatus.NOT_FOUND, "not_found", errors[0].message, errors)
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", "The request is not as it should be.", errors)


def _http(request: Request, error: Any) -> Response:
    status = HTTPStatus(error.status_code)
    headers = dict(error.headers or {})
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        methods = ", ".join(allowed_methods(request.app, request.url.path))
        headers["Allow"] = methods or headers.get("Allow", "GET")
    if status is HTTPStatus.BAD_REQUEST:
        errors = [FieldProblem(field="body", message="The body cannot be read as JSON.")]
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", "The request is not as it should be.", errors)
    return problem(status, status.name.lower(), status.description or status.phrase, headers=headers)


def _database(_request: Request, error: Any) -> Response:
    # 08 connection, 40 rollback, 53 resources, 55P03 lock, 57 shutdown or cancelled, 25P0x timeouts; no state: no server.
    state = getattr(getattr(error, "orig", None), "sqlstate", None) or ""
    if isinstance(error, DBAPIError) and state and not state.startswith(("08", "40", "53", "55P03", "57", "25P0")):
        return crashed(error)
    log.warning("request.database_unavailable", error=repr(error)[:300])
    message = "The database does not answer, or is too busy; nothing was stored."
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, "database_unavailable", message)


def crashed(error: BaseException) -> Response:
    """Return the answer for an error of ours; the log has its details, under the request's id."""
    log.error("request.crashed", exc_info=error)
    return problem(CRASHED, "internal", "Something went wrong here; the log has more under this request's id.")


# Discriminators of unions: types, and makers in their place; kinds of dependencies and of needs.
_MEMBERS = TASK_TYPES.keys() | platform_names().known | {"one", "some", "word", "number"}


def _field(error: Any) -> str:
    """Return the place of an error: `("body", "tasks", 3, "comment", "payload", "text")` as `tasks[3].payload.text`."""
    location: Sequence[int | str] = error["loc"]
    if error["type"] == "json_invalid":
        return "body"
    said, named = "", list(location[1:]) if len(location) > 1 and location[0] != "path" else list(location[-1:])
    if error["type"].startswith("union_tag"):
        named = [*location[1:], "type"]
    for place, part in enumerate(named):
        before = named[place - 1] if place else "body"
        if part in _MEMBERS and (before in {"body", "task", "need"} or isinstance(before, int)):
            continue  # the name of the union's member, which is no part of the request
        said += f"[{part}]" if isinstance(part, int) else f".{part}"
    return said.lstrip(".") or str(location[0] if location else "body")
