"""Sending a delivery of a webhook once more."""

from __future__ import annotations

from uuid import UUID

from shared.db.database import Database
from shared.errors import NotFound
from shared.identity.caller import Caller
from shared.webhooks import repository
from shared.webhooks.view import DeliveryView, existing, view_delivery


async def redeliver_event(*, database: Database, caller: Caller, webhook: UUID, delivery: UUID) -> DeliveryView:
    """Send a delivery again at once, under the same id, and retry it as long as a new one.

    It appends no event: an event for each delivery would be an event to deliver.

    Raises:
        NotFound: there is no such webhook or delivery.
    """
    async with database.change(caller.workspace_id) as connection:
        await existing(connection, webhook)
        row = await repository.send_again(connection, webhook, delivery)
        if row is None:
            raise NotFound(field="delivery", message=f"There is no delivery {delivery}.")
    return view_delivery(row)
