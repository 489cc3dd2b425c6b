"""What is a `video`? A clip that a maker makes from words; the platform says who makes it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from shared.task_types.spec import VISIBLE_TEXT, OutwardResult, Payload, TaskSpec


def _read_whole(value: object) -> object:
    """A JSON number without a fraction is whole, however it is written."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Seconds = Annotated[Literal[4, 8, 10, 12, 15, 25], BeforeValidator(_read_whole)]


class VideoPayload(Payload):
    """What to make."""

    prompt: Annotated[str, StringConstraints(pattern=VISIBLE_TEXT, min_length=1, max_length=2000)] = Field(
        description="What is to be seen, up to 2000 characters."
    )
    seconds: Seconds = Field(10, description="How long; the maker may offer fewer lengths.")
    aspect: Literal["9:16", "16:9", "1:1"] = Field("9:16", description="Width to height.")


class VideoResult(OutwardResult):
    """The video as its maker shows it."""


# No connector can make one yet. Until then a video needs an account whose credits can be read, so that it waits for them.
SPEC = TaskSpec(
    type="video",
    version=1,
    payload=VideoPayload,
    result=VideoResult,
    lane="account",
    timeout_s=1200,
    capability="credits",
    priority=2,
    example_platform="sora",
    example={"prompt": "A lighthouse at dawn, waves below it, slow camera.", "seconds": 10, "aspect": "9:16"},
)
