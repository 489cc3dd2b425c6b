"""What is a `video`? A clip that a maker makes from words; the platform is the maker."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from shared.outward_content import FilmContent, FilmOptions, PayloadContent
from shared.task_types.payload.whole import Whole
from shared.task_types.spec import LINE_BREAKS, OutwardResult, Payload, TaskSpec
from shared.validation import SENT_TEXT, VISIBLE_TEXT

Seconds = Annotated[Literal[4, 8, 10, 12, 15, 25], Whole]


Maker = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$", min_length=1, max_length=40)]

# Where the fields of an order stand in the payload.
NAMES = {"text": "prompt", "options.seconds": "seconds", "options.aspect": "aspect"}


class InsteadOf(Payload):
    """A task of which its maker made nothing, with the code that says why."""

    task: UUID
    platform: Maker
    code: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,60}$", min_length=1, max_length=60)]


class VideoPayload(Payload):
    """The video to make."""

    prompt: Annotated[str, StringConstraints(pattern=VISIBLE_TEXT, min_length=1, max_length=2000), LINE_BREAKS] = Field(
        description="What is to be seen, up to 2000 characters.",
        json_schema_extra={"pattern": SENT_TEXT},
    )
    seconds: Seconds = Field(10, description="How long; the maker may offer fewer lengths.")
    aspect: Literal["9:16", "16:9", "1:1"] = Field("9:16", description="Width to height.")
    makers: tuple[Maker, ...] = Field(
        (), max_length=5, description="Who makes it, the first that can, if this platform certainly made nothing of it."
    )
    instead_of: InsteadOf | None = Field(None, description="Of which task a maker made nothing; set by Callsheet.")

    @property
    def order(self) -> FilmContent:
        """Return what is ordered, in which format."""
        return FilmContent(text=self.prompt, options=FilmOptions(self.seconds, self.aspect))

    def contents(self) -> tuple[PayloadContent, ...]:
        """Return the order."""
        return (PayloadContent(self.order, NAMES, discloses=False),)

    def instead(self) -> tuple[str, ...]:
        """Return the platforms that make it where the first maker cannot."""
        return self.makers

    def adapted(self) -> frozenset[str]:
        """Return the length: the nearest that the other maker makes is used."""
        return frozenset({"options.seconds"})


class VideoResult(OutwardResult):
    """The video as its maker shows it, and the file that was fetched from there."""

    media_id: UUID = Field(description="The file among the workspace's uploads.")
    seconds: float = Field(description="How long the file plays.")
    maker: str = Field(description="The platform that made it.")
    handed_over: str | None = Field(None, description="Why another maker made it than the one that was asked first.")


SPEC = TaskSpec(
    type="video",
    version=1,
    payload=VideoPayload,
    result=VideoResult,
    lane="account",
    timeout_s=180,
    effects=("create",),
    goes_on_by_id=True,
    capability="video",
    takes_place=True,
    by_platform=True,
    priority=2,
    example_platform="sora",
    example={"prompt": "A lighthouse at dawn, waves below it, slow camera.", "seconds": 10, "aspect": "9:16"},
)
