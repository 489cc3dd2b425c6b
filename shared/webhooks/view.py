"""How is a webhook shown? Without its secret, except once when it is made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.errors import NotFound
from shared.page import View
from shared.webhooks import repository
from shared.webhooks.repository import DeliveryRow, WebhookRow

# Raises Conflict where a URL may not be called from here.
CheckUrl = Callable[[str], Awaitable[object]]


class WebhookView(View):
    """An address to which events are sent."""

    id: UUID
    url: str
    types: list[str] = Field(description="Only events of these types; none: all.")
    state: Literal["active", "paused", "disabled"] = Field(
        description="`disabled`: it did not answer for three days, or answered 410; set it `active` to go on."
    )
    failing_since: datetime | None = Field(description="Null while it answers.")
    created_at: datetime


class WebhookMade(WebhookView):
    """A new webhook with its secret."""

    secret: str = Field(description="The key of the signatures, `whsec_…`. Shown now and never again.")


class DeliveryView(View):
    """One event on its way to one webhook. Its id is the `webhook-id` of every try."""

    id: UUID
    seq: int = Field(description="The event's number.")
    state: Literal["pending", "delivered", "dead"]
    tries: int
    next_at: datetime | None = Field(description="When it is tried next; null when it is not.")
    last_status: int | None
    last_error: str | None
    created_at: datetime
    finished_at: datetime | None


def view_webhook(row: WebhookRow) -> WebhookView:
    """Return a webhook's row as it is shown."""
    return WebhookView.of(row)


def view_delivery(row: DeliveryRow) -> DeliveryView:
    """Return a delivery's row as it is shown."""
    return DeliveryView.of(row, next_at=row.next_at if row.state == "pending" else None)


def without_query(url: str) -> str:
    """Return a URL as events show it: its query is often a secret, and events go to other webhooks too."""
    return url.partition("?")[0]


async def existing(connection: AsyncConnection, webhook: UUID) -> WebhookRow:
    """Return the webhook's row.

    Raises:
        NotFound: there is none, or it is another workspace's.
    """
    row = await repository.find(connection, webhook)
    if row is None:
        raise NotFound(field="webhook", message=f"There is no webhook {webhook}.")
    return row
