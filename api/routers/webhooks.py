"""Webhooks: where events are sent as signed requests, and the result of each."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Path

from api.deps import TheDatabase, TheEgress, TheKeyring
from api.guard import GuardedRoute, Manager, Reader
from api.schemas.parameter import Cursor, Limit
from api.schemas.tasks import Id
from api.schemas.webhooks import PATCH_EXAMPLES, WEBHOOK_EXAMPLES, WebhookBody, WebhookPatch
from shared.webhooks import page
from shared.webhooks.change import change_webhook
from shared.webhooks.create import create_webhook
from shared.webhooks.page import DeliveryPage, WebhookPage, find_webhook, list_webhooks
from shared.webhooks.redeliver import redeliver_event
from shared.webhooks.remove import remove_webhook
from shared.webhooks.view import DeliveryView, WebhookMade, WebhookView

router = APIRouter(prefix="/api/webhooks", tags=["webhooks"], route_class=GuardedRoute)
WebhookId = Annotated[Id, Path(description="The webhook's id.")]
DeliveryId = Annotated[Id, Path(description="The delivery's id, which is its `webhook-id` too.")]


@router.get("")
async def list_(caller: Reader, database: TheDatabase, cursor: Cursor = None, limit: Limit = 50) -> WebhookPage:
    """List the workspace's webhooks."""
    return await list_webhooks(database=database, caller=caller, cursor=cursor, limit=limit)


@router.post("", status_code=201)
async def create(
    caller: Manager,
    database: TheDatabase,
    keyring: TheKeyring,
    egress: TheEgress,
    body: Annotated[WebhookBody, Body(openapi_examples=WEBHOOK_EXAMPLES)],
) -> WebhookMade:
    """Send events to an address from now on; the answer holds the secret, once."""
    return await create_webhook(
        database=database, caller=caller, keyring=keyring, check=egress.check, url=body.url, types=[*body.types]
    )


@router.get("/{webhook}")
async def get(caller: Reader, database: TheDatabase, webhook: WebhookId) -> WebhookView:
    """Show one webhook."""
    return await find_webhook(database=database, caller=caller, webhook=webhook)


@router.patch("/{webhook}")
async def update(
    caller: Manager,
    database: TheDatabase,
    egress: TheEgress,
    webhook: WebhookId,
    body: Annotated[WebhookPatch, Body(openapi_examples=PATCH_EXAMPLES)],
) -> WebhookView:
    """Change a webhook's address or types, pause it, or resume it where it stopped."""
    return await change_webhook(
        database=database, caller=caller, check=egress.check, webhook=webhook, change=body.as_change()
    )


@router.delete("/{webhook}")
async def delete(caller: Manager, database: TheDatabase, webhook: WebhookId) -> WebhookView:
    """Remove a webhook with its deliveries; the answer shows it as it was."""
    return await remove_webhook(database=database, caller=caller, webhook=webhook)


@router.get("/{webhook}/deliveries")
async def list_deliveries(
    caller: Reader, database: TheDatabase, webhook: WebhookId, cursor: Cursor = None, limit: Limit = 50
) -> DeliveryPage:
    """List what was sent to a webhook, or will be."""
    return await page.list_deliveries(database=database, caller=caller, webhook=webhook, cursor=cursor, limit=limit)


@router.post("/{webhook}/deliveries/{delivery}/redeliver")
async def redeliver(caller: Manager, database: TheDatabase, webhook: WebhookId, delivery: DeliveryId) -> DeliveryView:
    """Send a delivery once more, under the same id."""
    return await redeliver_event(database=database, caller=caller, webhook=webhook, delivery=delivery)
