"""What does a client send to order work that needs credits?"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from api.schemas.names import Handle
from api.schemas.tasks import WHOLE, Body
from shared.credits.stories import Story
from shared.credits.trilogy import PLATFORM, TrilogyOrder
from shared.task_types.video import Maker

_MOST_CREDITS = 1_000_000


class TrilogyBody(Body):
    """The story, the account, and the number of credits from which on it starts."""

    trilogy: Story = Field(description="The story's name.")
    account: Handle = Field(description="The account's handle at the first maker.")
    when_credits: Annotated[int, Field(strict=True, ge=0, le=_MOST_CREDITS), WHOLE] = Field(
        0, description="Begin only when there are so many; three are needed in any case."
    )

    makers: Annotated[list[Maker], Field(min_length=1, max_length=5)] = Field(
        [PLATFORM],
        description="Platforms: the first makes it, and of what it certainly makes nothing the next that can, once a part.",
    )

    def as_order(self) -> TrilogyOrder:
        """Return what is ordered."""
        makers = tuple(dict.fromkeys(self.makers))
        return TrilogyOrder(story=self.trilogy, account=self.account, when_credits=self.when_credits, makers=makers)


TRILOGY_EXAMPLES: dict[str, Any] = {
    "story": {"summary": "A story", "value": {"trilogy": "first_contact", "account": "demo"}},
    "later": {"summary": "With credits to spare", "value": {"trilogy": "space", "account": "demo", "when_credits": 10}},
}
