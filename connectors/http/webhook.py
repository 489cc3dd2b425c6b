"""How is an event sent to a receiver? As a POST that is signed by the Standard Webhooks specification."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from standardwebhooks import Webhook

from connectors.http.egress import Answer, Egress

USER_AGENT = "callsheet-webhooks/1"


def message_id(delivery: UUID) -> str:
    """Return the `webhook-id` of a delivery: the same at every try, so that a receiver recognises repeats."""
    return f"msg_{delivery.hex}"


def signed(secret: str, delivery: UUID, at: datetime, body: str) -> dict[str, str]:
    """Return the headers of one try: id, time and the signature over both and the body (HMAC-SHA256, `v1`)."""
    name = message_id(delivery)
    return {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "webhook-id": name,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(name, at, body),
    }


async def deliver(egress: Egress, *, url: str, secret: str, delivery: UUID, at: datetime, body: str) -> Answer:
    """Send the event once.

    Raises:
        Conflict: the address may not be called.
        Transient: no answer.
    """
    return await egress.post(url, body=body.encode(), headers=signed(secret, delivery, at, body))
