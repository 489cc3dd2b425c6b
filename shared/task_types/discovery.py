"""What is a `discovery`? A search for posts by keyword or hashtag, as one account sees them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.task_types.payload.whole import Whole
from shared.task_types.spec import ONE_LINE, Payload, Result, TaskSpec
from shared.validation import SENT_LINE, VISIBLE_TEXT

MOST = 100
Query = Annotated[
    str,
    StringConstraints(pattern=VISIBLE_TEXT, min_length=1, max_length=100),
    Field(json_schema_extra={"pattern": SENT_LINE}),
    ONE_LINE,
]


class DiscoveryPayload(Payload):
    """The search."""

    query: Query = Field(description="Words, or a `#hashtag`, up to 100 characters.")
    limit: Annotated[int, Field(strict=True, ge=1, le=MOST), Whole] = Field(20, description="How many posts at most.")


class FoundPost(BaseModel):
    """A post; a number that its page does not show is null."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    url: str
    author: str
    text: str
    likes: int | None
    replies: int | None
    reposts: int | None
    views: int | None
    language: str | None = Field(description="As the page says it.")
    at: datetime | None = Field(description="When it was posted, as the page says it.")


class DiscoveryResult(Result):
    """The posts that were found, in the platform's order."""

    posts: list[FoundPost]
    complete: bool = Field(description="False where time ended the search before the list or the limit did.")


SPEC = TaskSpec(
    type="discovery",
    version=1,
    payload=DiscoveryPayload,
    result=DiscoveryResult,
    lane="account",
    timeout_s=150,
    capability="discovery",
    priority=4,
    example={"query": "#ceramics", "limit": 20},
)
