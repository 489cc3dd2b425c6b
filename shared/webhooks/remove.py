"""Removing a webhook."""

from __future__ import annotations

from uuid import UUID

from shared.db import events
from shared.db.database import Database
from shared.identity.caller import Caller
from shared.webhooks import repository
from shared.webhooks.view import WebhookView, existing, view_webhook, without_query


async def remove_webhook(*, database: Database, caller: Caller, webhook: UUID) -> WebhookView:
    """Remove a webhook with all its deliveries; one that is being sent just now may still arrive.

    Raises:
        NotFound: there is no such webhook.
    """
    async with database.change(caller.workspace_id) as connection:
        row = await existing(connection, webhook)
        await repository.remove(connection, webhook)
        data = {"webhook": str(webhook), "url": without_query(row.url), "by": caller.name}
        await events.append(connection, caller.workspace_id, "webhook.deleted", data)
    return view_webhook(row)
