"""How is Runway called? Each request once, with the version of its API that this was written for."""

from __future__ import annotations

import json
from typing import Any

from connectors.http.egress import Answer
from connectors.http.session import ApiSession
from connectors.runway.errors import refusal_in
from shared.errors import ActionRequired, Transient

VERSION = "2024-11-06"
MOST_BYTES = 262_144
ORDER = "/v1/text_to_video"
ORGANIZATION = "/v1/organization"


def task_path(task: str) -> str:
    """Return the path of one of Runway's tasks."""
    return f"/v1/tasks/{task}"


async def read(session: ApiSession, path: str) -> dict[str, Any]:
    """GET something.

    Raises:
        ContentRejected, ActionRequired, RateLimited: Runway refuses.
        Transient: no answer, or none that can be read.
    """
    answer = await _send(session, path, None)
    if refusal := refusal_in(answer):
        raise refusal
    return body_of(answer)


async def order(session: ApiSession, body: dict[str, Any]) -> Answer:
    """POST an order, and return the answer, whatever it is.

    Raises:
        NotSent: nothing has left.
        Transient: no answer; the order may have arrived.
    """
    return await _send(session, ORDER, body)


def body_of(answer: Answer) -> dict[str, Any]:
    """Return the JSON object of an answer.

    Raises:
        Transient: it is none, or it came with an error of theirs.
    """
    try:
        found = json.loads(answer.body)
    except ValueError:
        found = None
    if not 200 <= answer.status < 300 or not isinstance(found, dict):  # noqa: PLR2004 - what HTTP calls success
        raise Transient(code="site_error", message=f"Runway answered {answer.status}, and nothing that can be read.")
    return found


async def _send(session: ApiSession, path: str, body: dict[str, Any] | None) -> Answer:
    key = session.account.credentials.get("api_key")
    if not key:
        raise ActionRequired(code="disconnected", message="The account has no credentials: connect it again.")
    headers = {"authorization": f"Bearer {key}", "x-runway-version": VERSION, "accept": "application/json"}
    url = session.account.origin + path
    if body is None:
        return await session.get(url, headers=headers, most=MOST_BYTES)
    headers["content-type"] = "application/json"
    return await session.post(url, body=json.dumps(body).encode(), headers=headers, most=MOST_BYTES)
