"""Creating a webhook: events are sent to an address."""

from __future__ import annotations

import base64
import secrets

from shared.crypto import Keyring
from shared.db import events
from shared.db.database import Database
from shared.errors import Conflict
from shared.identity.caller import Caller
from shared.ids import new_id
from shared.webhooks import repository
from shared.webhooks.view import CheckUrl, WebhookMade, view_webhook, without_query

MOST_WEBHOOKS = 20
SECRET_BYTES = 32


async def create_webhook(
    *, database: Database, caller: Caller, keyring: Keyring, check: CheckUrl, url: str, types: list[str]
) -> WebhookMade:
    """Send events to `url` from now on, signed with a secret that only this answer contains.

    Raises:
        Conflict: the address may not be called, or the workspace has as many webhooks as it may have.
    """
    await check(url)
    webhook, secret = new_id(), f"whsec_{base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"
    async with database.change(caller.workspace_id) as connection:
        if await repository.count(connection) >= MOST_WEBHOOKS:
            raise Conflict(code="too_many", message=f"A workspace has {MOST_WEBHOOKS} webhooks at most.")
        row = await repository.add(
            connection,
            {
                "id": webhook,
                "workspace_id": caller.workspace_id,
                "url": url,
                "secret": keyring.seal({"secret": secret}, owner=str(caller.workspace_id), account=str(webhook)),
                "types": sorted(set(types)),
                "cursor": await events.newest(connection, caller.workspace_id),
            },
        )
        data = {"webhook": str(webhook), "url": without_query(url), "by": caller.name}
        await events.append(connection, caller.workspace_id, "webhook.created", data)
    return WebhookMade(**view_webhook(row).model_dump(), secret=secret)
