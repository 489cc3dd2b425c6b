"""What does a client send about webhooks?"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from api.schemas.tasks import Body
from shared.events import EventType
from shared.webhooks.change import WebhookChange

MOST_TYPES = 50
_URL = r"^https?://[A-Za-z0-9.:\[\]-]+(/[!-~]*)?$"
Url = Annotated[str, StringConstraints(pattern=_URL, min_length=10, max_length=2048)]
Types = Annotated[list[EventType], Field(max_length=MOST_TYPES, description="Only events of these types; none: all.")]


class WebhookBody(Body):
    """Where events are to go."""

    url: Url = Field(description="A public address; https, but for networks of your own (`CALLSHEET_EGRESS_ALLOWED`).")
    types: Types = Field(default_factory=list)


class WebhookPatch(Body):
    """Changes to a webhook; fields that are not named stay."""

    url: Url | None = None
    types: Types | None = None
    state: Literal["active", "paused"] | None = None

    def as_change(self) -> WebhookChange:
        """Return it as the use case takes it."""
        return WebhookChange(self.url, None if self.types is None else [*self.types], self.state)


WEBHOOK_EXAMPLES: dict[str, Any] = {
    "some": {
        "summary": "What went wrong",
        "value": {"url": "https://hooks.example.org/callsheet", "types": ["task.failed", "task.unknown"]},
    },
    "all": {"summary": "Everything", "value": {"url": "https://hooks.example.org/callsheet"}},
}
PATCH_EXAMPLES: dict[str, Any] = {"pause": {"summary": "Pause it", "value": {"state": "paused"}}}
