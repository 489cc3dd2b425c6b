"""What is a `comment`? A text under somebody's post, by one account."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from shared.outward_content import CommentContent, PayloadContent
from shared.task_types.spec import LINE_BREAKS, Address, OutwardResult, Payload, TaskSpec
from shared.validation import SENT_TEXT, VISIBLE_TEXT


class CommentPayload(Payload):
    """Where to comment, and what."""

    post_url: Address = Field(description="The post's address on the account's platform.")
    text: Annotated[str, StringConstraints(pattern=VISIBLE_TEXT, min_length=1, max_length=2200), LINE_BREAKS] = Field(
        description="The comment, up to 2200 characters; the platform's own limit may be lower.",
        json_schema_extra={"pattern": SENT_TEXT},
    )

    @property
    def comment(self) -> CommentContent:
        """Return the comment's content."""
        return CommentContent(text=self.text)

    def contents(self) -> tuple[PayloadContent, ...]:
        """Return the comment."""
        return (PayloadContent(self.comment),)


class CommentResult(OutwardResult):
    """The comment as the platform shows it."""


SPEC = TaskSpec(
    type="comment",
    version=1,
    payload=CommentPayload,
    result=CommentResult,
    lane="account",
    timeout_s=120,
    effects=("comment",),
    capability="comment",
    compares_words=True,
    example={"post_url": "http://127.0.0.1:3900/instagram/p/C000000001/", "text": "What a light in this one."},
)
