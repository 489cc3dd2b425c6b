"""Who acts here, so that the database can write it beside every change?

The gateway says it once for each request; each transaction hands it on (`shared/db/session.py`), and the triggers of the
audited tables read it there. No use case can forget it, and none has to think of it.
"""

from __future__ import annotations

import json
from contextvars import ContextVar
from typing import Literal
from uuid import UUID

_ACTOR: ContextVar[str] = ContextVar("actor", default="")


def act_as(*, name: str, actor_id: UUID, via: Literal["key", "person"], address: str, correlation_id: str) -> None:
    """From here on, in this request, this one acts; `address` is where the request came from."""
    who = {"name": name, "id": str(actor_id), "via": via, "address": address, "correlation_id": correlation_id}
    _ACTOR.set(json.dumps(who, ensure_ascii=False))


def acting() -> str:
    """Who acts, as JSON; empty where no request does, and the role's own name stands for it."""
    return _ACTOR.get()
