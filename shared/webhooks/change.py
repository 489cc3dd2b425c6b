"""Changing a webhook: its address, its types, whether it is active."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from shared.db import events
from shared.db.database import Database
from shared.identity.caller import Caller
from shared.webhooks import repository
from shared.webhooks.view import CheckUrl, WebhookView, existing, view_webhook, without_query


@dataclass(frozen=True, slots=True)
class WebhookChange:
    """The changes; None stays as it is."""

    url: str | None = None
    types: list[str] | None = None
    state: Literal["active", "paused"] | None = None


async def change_webhook(
    *, database: Database, caller: Caller, check: CheckUrl, webhook: UUID, change: WebhookChange
) -> WebhookView:
    """Change a webhook. One that is made active goes on with the event where it stopped.

    Raises:
        NotFound: there is no such webhook.
        Conflict: the new address may not be called.
    """
    async with database.read(caller.workspace_id) as connection:
        await existing(connection, webhook)
    changes: dict[str, Any] = {}
    if change.url is not None:
        await check(change.url)
        changes["url"] = change.url
    if change.types is not None:
        changes["types"] = sorted(set(change.types))
    if change.state is not None:
        changes |= {"state": change.state, "failing_since": None, "rests_until": None}
    async with database.change(caller.workspace_id) as connection:
        row = await existing(connection, webhook)
        if changes:
            row = await repository.change(connection, webhook, changes)
            data = {"webhook": str(webhook), "url": without_query(row.url), "state": row.state, "by": caller.name}
            await events.append(connection, caller.workspace_id, "webhook.changed", data)
    return view_webhook(row)
