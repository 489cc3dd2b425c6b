"""What of a request is refused before its route reads it? Whatever the route would silently ignore.

That is a parameter that the route does not know or takes only once, the same key twice in a JSON object, a body that is not
declared as JSON, or one that is compressed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any, get_args, get_origin

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from starlette.requests import ClientDisconnect

from shared.errors import RequestRefused
from shared.names import known_names

MOST_NAMED = 100


@dataclass(eq=False)
class UnsupportedBody(RequestRefused):
    """A body in a form that is not read here; the message says which."""

    code: str = "unsupported_media_type"


class StrictRequest(Request):
    """A request whose JSON holds each key once."""

    async def json(self) -> Any:
        """Return the body as JSON.

        Raises:
            RequestValidationError: a key occurs twice in one object.
        """
        if not hasattr(self, "_json"):
            self._json = json.loads(await self.body(), object_pairs_hook=_each_once)
        return self._json


def query_names(dependant: Dependant) -> dict[str, bool]:
    """Return every query parameter of a route, and whether it may stand more than once."""
    own = {one.alias: _holds_many(one.field_info.annotation) for one in dependant.query_params}
    for needed in dependant.dependencies:
        own |= query_names(needed)
    return own


def require_known_query(request: Request, known: Mapping[str, bool]) -> None:
    """Refuse a parameter that the route does not know, and one that occurs more often than it may.

    Raises:
        RequestValidationError: there is one; each is named, with the known ones.
    """
    said = Counter(name for name, _ in request.query_params.multi_items())
    errors = [_unknown(name, known) for name in said if name not in known]
    errors += [
        _error(("query", name), "repeated", f"{name} stands {times} times; it is said once.")
        for name, times in said.items()
        if times > 1 and not known.get(name, True)
    ]
    if errors:
        raise RequestValidationError(errors[:MOST_NAMED])


def require_plain(request: Request) -> None:
    """Refuse a body that is compressed.

    Raises:
        UnsupportedBody: it is.
    """
    packed = request.headers.get("Content-Encoding", "identity").strip().lower()
    if packed not in {"", "identity"}:
        message = f"A body in the encoding {packed[:40]!r} is not read here: send it as it is, without `Content-Encoding`."
        raise UnsupportedBody(field="Content-Encoding", message=message)


async def require_json(request: StrictRequest) -> None:
    """Refuse a body that is not declared as JSON, and JSON in which a key occurs twice.

    Text that is not JSON is left to the route, which reports it.

    Raises:
        UnsupportedBody: it is declared as something else, or not at all.
        RequestValidationError: a key occurs twice in one object.
    """
    try:
        if await request.body():
            _require_json_type(request)
            await request.json()
    except (ValueError, RecursionError, ClientDisconnect):
        return


def _require_json_type(request: Request) -> None:
    said = request.headers.get("Content-Type", "")
    message = Message()
    message["Content-Type"] = said
    subtype = message.get_content_subtype()
    if not said or message.get_content_maintype() != "application" or not (subtype == "json" or subtype.endswith("+json")):
        named = f"not {said[:80]!r}" if said else "and this request names no type"
        raise UnsupportedBody(
            field="Content-Type", message=f"Send JSON with the header `Content-Type: application/json`, {named}."
        )


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        twice = [name for name, times in Counter(name for name, _ in pairs).items() if times > 1]
        raise RequestValidationError(
            [_error(("body", name[:100]), "repeated", f"{name[:100]} stands twice in one object.") for name in twice][
                :MOST_NAMED
            ]
        )
    return made


def _unknown(name: str, known: Mapping[str, bool]) -> dict[str, Any]:
    there = f"; there are {known_names(known)}" if known else " here"
    return _error(("query", name[:100]), "unknown", f"There is no parameter {name[:100]!r}{there}.")


def _error(where: tuple[str, ...], kind: str, message: str) -> dict[str, Any]:
    return {"type": kind, "loc": where, "msg": message, "input": None}


def _holds_many(annotation: Any) -> bool:
    """Return whether an annotation allows a list."""
    return get_origin(annotation) is list or any(map(_holds_many, get_args(annotation)))
