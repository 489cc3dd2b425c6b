"""Are the credentials behind an open stream still valid? Checked again every few seconds while it is read."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from shared.identity.caller import Visitor
from shared.identity.recognise import require_still
from shared.tasks.follow import News

EVERY_S = 5.0
Read = Callable[[int | None], Coroutine[Any, Any, News]]


def while_allowed(read: Read, *, engine: AsyncEngine, visitor: Visitor) -> Read:
    """Read as before, until the key is revoked, the session ended or the membership gone; then raise."""
    asked = time.monotonic()

    async def checked(after: int | None) -> News:
        nonlocal asked
        if time.monotonic() - asked >= EVERY_S:
            await require_still(engine=engine, visitor=visitor)
            asked = time.monotonic()
        return await read(after)

    return checked
