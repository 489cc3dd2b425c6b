"""What does a client send to write a message?"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from api.schemas.names import Handle
from api.schemas.tasks import TaskBody
from shared.task_types.dm import SPEC, DmPayload
from shared.tasks.drafting.order import TaskOrder

MESSAGE_EXAMPLES: dict[str, Any] = {
    "message": {
        "summary": "A message",
        "value": {"account": "demo", "to": "maple_studio", "text": "Thank you."},
    }
}


class MessageBody(TaskBody, DmPayload):
    """A message: from which account, to whom, what, and when."""

    account: Handle = Field(description="The account's handle.")

    def order(self, platform: str) -> TaskOrder:
        """Return it as the order of a task."""
        return TaskOrder(
            spec=SPEC,
            payload=DmPayload(to=self.to, text=self.text),
            platform=platform,
            account=self.account,
            priority=self.priority,
            scheduled_for=self.scheduled_for,
            hours=self.hours,
            credits=self.resources.credits,
            max_retries=self.max_retries,
            author=self.author,
        )
