"""What is a `dm`? A direct message to one person, by one account."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from shared.outward_content import MessageContent, PayloadContent
from shared.task_types.spec import LINE_BREAKS, Handle, OutwardResult, Payload, TaskSpec
from shared.validation import SENT_TEXT, VISIBLE_TEXT


class DmPayload(Payload):
    """The recipient and the text."""

    to: Handle = Field(description="The person's handle on the account's platform.")
    text: Annotated[str, StringConstraints(pattern=VISIBLE_TEXT, min_length=1, max_length=1000), LINE_BREAKS] = Field(
        description="The message, up to 1000 characters; the platform's own limit may be lower.",
        json_schema_extra={"pattern": SENT_TEXT},
    )

    @property
    def message(self) -> MessageContent:
        """Return the message's content."""
        return MessageContent(text=self.text)

    def contents(self) -> tuple[PayloadContent, ...]:
        """Return the message."""
        return (PayloadContent(self.message),)


class DmResult(OutwardResult):
    """The message as the platform shows it."""


SPEC = TaskSpec(
    type="dm",
    version=1,
    payload=DmPayload,
    result=DmResult,
    lane="account",
    timeout_s=120,
    effects=("dm",),
    capability="dm",
    example={"to": "maple_studio", "text": "Thank you for the talk yesterday."},
)
