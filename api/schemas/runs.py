"""From where on does a client want a run done again?"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from api.schemas.tasks import Body, Id


class RetryBody(Body):
    """A task of the run."""

    from_step: Id = Field(description="The task of the run with which to begin.")


RETRY_EXAMPLES: dict[str, Any] = {
    "one": {"summary": "A task and what depends on it", "value": {"from_step": "01990f3c-7b1e-7c31-9a52-3f0d8e6b4a10"}}
}
