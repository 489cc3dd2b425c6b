"""What is stored of an account's check, and may the account act?"""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from shared.accounts.acting import ActingAccount
from shared.accounts.advice import SIGN_IN_CODES
from shared.accounts.lookup.accounts import find_by_id
from shared.accounts.store import accounts, locator_drift
from shared.accounts.view import Health as Seen

__all__ = ["Seen", "observe_health"]

LONGEST = 500


async def observe_health(
    *, engine: AsyncEngine, account: ActingAccount, seen: Seen, code: str, as_usual: frozenset[str] = frozenset()
) -> None:
    """Store what a check saw, with its event.

    A good sign-in connects an account that waited for one; a bad one pauses it, and `code` says why. Missing locators
    change nothing by themselves: tasks that need them report it. Locators that were found `as_usual`, by their
    first way, no longer drift.
    """
    async with engine.begin() as connection:
        row = await find_by_id(connection, account.id)
        if row is None:
            return
        health = seen.model_copy(update={"message": seen.message[:LONGEST]}).model_dump()
        await accounts.note_health(connection, account.id, health)
        # Current drift is recorded at the attempt's end, as for every attempt; here earlier drift is cleared.
        await locator_drift.mend(connection, locator_drift.PageKind.of(row), as_usual)
        data = {"platform": account.platform, "account": account.handle, "ok": seen.ok, "missing": seen.missing}
        told = {"signed_in_as": seen.signed_in_as, "otherwise": seen.otherwise}
        entry = {"task_id": None, "type": "account.checked", "data": data | told}
        becomes = _state_after(row.state, row.state_code, seen, code)
        await accounts.set_state(connection, account.workspace_id, account.id, before=[entry], **becomes)


def _state_after(state: str, state_code: str | None, seen: Seen, code: str) -> dict[str, Any]:
    bad = code in SIGN_IN_CODES
    if not bad and seen.signed_in_as and state_code in SIGN_IN_CODES:
        return {"state": "connected", "code": None, "reason": None, "until": None}
    if bad and state == "connected":
        return {"state": "paused", "code": code, "reason": seen.message, "until": None}
    return {}
