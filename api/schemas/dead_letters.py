"""Which failed tasks does a client want to retry?"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from api.schemas.tasks import Body, Id

MOST_REPLAYS = 1_000


class ReplayBody(Body):
    """Up to 1,000 tasks."""

    ids: Annotated[list[Id], Field(min_length=1, max_length=MOST_REPLAYS)]
    dependents: Annotated[bool, Field(strict=True)] = Field(
        default=False, description="Whether what failed because of them is replayed, too."
    )


REPLAY_EXAMPLES: dict[str, Any] = {
    "with what fell": {
        "summary": "A task, and all that failed because of it",
        "value": {"ids": ["01990f3c-7b1e-7c31-9a52-3f0d8e6b4a10"], "dependents": True},
    },
    "one": {"summary": "One task", "value": {"ids": ["01990f3c-7b1e-7c31-9a52-3f0d8e6b4a10"]}},
}
