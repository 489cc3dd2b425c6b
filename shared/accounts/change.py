"""Changing an account: which persona owns it, or how often its inbox is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.accounts.find import existing
from shared.accounts.lookup.accounts import AccountRow
from shared.accounts.platform import Platforms, require_inbox
from shared.accounts.store import accounts
from shared.accounts.view import AccountView, view_account
from shared.db import events
from shared.db.database import Database
from shared.engine.store.limits import budgets
from shared.errors import NotFound
from shared.identity.caller import Caller
from shared.personas.exists import persona_exists


@dataclass(frozen=True, slots=True)
class AccountChange:
    """The changes: none where `persona` is None, and `inbox_every_s` only where `inbox` says so."""

    persona: UUID | None = None
    inbox: bool = False
    inbox_every_s: int | None = None


async def change_account(
    *, database: Database, caller: Caller, platforms: Platforms, platform: str, handle: str, wanted: AccountChange
) -> AccountView:
    """Change an account, with one event for all changes; equal values change nothing.

    A persona owns it from its next intent on. What was done before stays in the budgets of the persona that did it, and
    waiting tasks are asked again.

    Raises:
        NotFound: there is no such account or persona.
        Conflict: its inbox cannot be read.
    """
    async with database.change(caller.workspace_id) as connection:
        row = await existing(connection, platform, handle)
        changes = _inbox(platforms, row, wanted)
        data = dict(changes)
        moves = wanted.persona is not None and wanted.persona != row.persona_id
        if moves:
            data |= {"from": str(row.persona_id), "to": str(wanted.persona)}
            changes["persona_id"] = await _known(connection, wanted.persona)
        if not changes:
            return view_account(row)
        await accounts.change(connection, row.id, changes)
        if moves:
            scopes = [f"account:{row.id}", f"persona:{row.persona_id}", f"persona:{wanted.persona}"]
            await budgets.open_scopes(connection, caller.workspace_id, scopes)
        row = await existing(connection, platform, handle)
        said = {"platform": platform, "account": handle, **data, "by": caller.name}
        await events.append(connection, caller.workspace_id, "account.changed", said)
    return view_account(row)


def _inbox(platforms: Platforms, row: AccountRow, wanted: AccountChange) -> dict[str, Any]:
    if not wanted.inbox or wanted.inbox_every_s == row.inbox_every_s:
        return {}
    if wanted.inbox_every_s is not None:
        require_inbox(platforms[row.platform], row.transport)
    return {"inbox_every_s": wanted.inbox_every_s}


async def _known(connection: AsyncConnection, persona: UUID | None) -> UUID:
    if persona is None or not await persona_exists(connection, persona, hold=True):
        raise NotFound(field="persona", message=f"There is no persona {persona}.")
    return persona
