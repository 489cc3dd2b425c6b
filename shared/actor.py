"""Who makes a change, so that the database can record it with the change?

The gateway sets it once for each request; each transaction passes it on (`shared/db/session.py`), and the triggers of the
audited tables read it there. No use case can forget it, and none has to know of it.
"""

from __future__ import annotations

import json
from contextvars import ContextVar
from typing import Literal
from uuid import UUID

_ACTOR: ContextVar[str] = ContextVar("actor", default="")


def act_as(*, name: str, actor_id: UUID, via: Literal["key", "person"], address: str, correlation_id: str) -> None:
    """Set who acts from here on in this request; `address` is where the request came from."""
    who = {"name": name, "id": str(actor_id), "via": via, "address": address, "correlation_id": correlation_id}
    _ACTOR.set(json.dumps(who, ensure_ascii=False))


def acting() -> str:
    """Return who acts, as JSON; "" where no request does, in which case the role's own name is recorded."""
    return _ACTOR.get()
