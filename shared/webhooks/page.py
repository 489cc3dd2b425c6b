"""Which webhooks are there, and what is the state of each delivery?"""

from __future__ import annotations

from uuid import UUID

from shared.cursor import id_in, number_in, of_number
from shared.db.database import Database
from shared.identity.caller import Caller
from shared.page import Page
from shared.webhooks import repository
from shared.webhooks.view import DeliveryView, WebhookView, existing, view_delivery, view_webhook


class WebhookPage(Page[WebhookView]):
    """Webhooks, newest first."""


class DeliveryPage(Page[DeliveryView]):
    """Deliveries, newest event first."""


async def list_webhooks(*, database: Database, caller: Caller, cursor: str | None, limit: int) -> WebhookPage:
    """Return a page of the workspace's webhooks."""
    async with database.read(caller.workspace_id) as connection:
        rows = await repository.page(connection, before=id_in(cursor) if cursor else None, limit=limit + 1)
    items = [view_webhook(row) for row in rows[:limit]]
    return WebhookPage.of(items, len(rows))


async def find_webhook(*, database: Database, caller: Caller, webhook: UUID) -> WebhookView:
    """Return one webhook.

    Raises:
        NotFound: there is no such webhook.
    """
    async with database.read(caller.workspace_id) as connection:
        return view_webhook(await existing(connection, webhook))


async def list_deliveries(
    *, database: Database, caller: Caller, webhook: UUID, cursor: str | None, limit: int
) -> DeliveryPage:
    """Return a page of what was sent to a webhook, or will be.

    Raises:
        NotFound: there is no such webhook.
    """
    async with database.read(caller.workspace_id) as connection:
        await existing(connection, webhook)
        before = number_in(cursor) if cursor else None
        rows = await repository.deliveries(connection, webhook, before=before, limit=limit + 1)
    items = [view_delivery(row) for row in rows[:limit]]
    return DeliveryPage.of(items, len(rows), lambda item: of_number(item.seq))
