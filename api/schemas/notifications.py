"""What does a client send about notifications?"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from api.schemas.tasks import Body
from connectors.http.notify import SCHEMES
from shared.events import EventType
from shared.notifications.change import NotificationChange
from shared.validation import VISIBLE_LINE

MOST_TYPES = 50
_TARGET = rf"^({'|'.join(SCHEMES)})://[!-~]+$"
Target = Annotated[str, StringConstraints(pattern=_TARGET, min_length=8, max_length=2048)]
Name = Annotated[str, StringConstraints(pattern=VISIBLE_LINE, min_length=1, max_length=100)]
Types = Annotated[list[EventType], Field(min_length=1, max_length=MOST_TYPES)]


class NotificationBody(Body):
    """A notification: the events to report, and the target."""

    name: Name
    target: Target = Field(description="An Apprise URL, such as `ntfys://ntfy.example.org/callsheet` or `slack://…`.")
    types: Types | None = Field(None, description="Without types: what a person should look at.")


class NotificationPatch(Body):
    """Changes to a notification; fields that are not named stay."""

    name: Name | None = None
    target: Target | None = None
    types: Types | None = None
    state: Literal["active", "paused"] | None = None

    def as_change(self) -> NotificationChange:
        """Return it as the use case takes it."""
        return NotificationChange(self.name, self.target, None if self.types is None else [*self.types], self.state)


NOTIFICATION_EXAMPLES: dict[str, Any] = {
    "usual": {
        "summary": "What a person should look at",
        "value": {"name": "on call", "target": "ntfys://ntfy.example.org/callsheet"},
    },
    "some": {
        "summary": "Failed tasks",
        "value": {"name": "failures", "target": "ntfys://ntfy.example.org/failed", "types": ["task.failed"]},
    },
}
PATCH_EXAMPLES: dict[str, Any] = {"pause": {"summary": "Pause it", "value": {"state": "paused"}}}
