"""What is a `film`? What follows the order of a video: waiting until it is made, fetching its file and storing it.

A task of its own beside the `video` that ordered it: it may fail and be tried again without anything being ordered twice,
and its account's window is free between two looks.
"""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from shared.task_types.spec import Payload, Result, RetryRule, TaskSpec


class FilmPayload(Payload):
    """Which film, as its maker names it, how long it was ordered to be, and the id that its file will get."""

    external_id: str
    external_url: str
    seconds: int
    media_id: UUID


class FilmResult(Result):
    """The file as it was stored, with what was read from its own container."""

    media_id: UUID
    seconds: float = Field(description="How long it plays, by the file's own word.")
    width: int
    height: int
    size: int = Field(description="Bytes.")


SPEC = TaskSpec(
    type="film",
    version=1,
    payload=FilmPayload,
    result=FilmResult,
    lane="account",
    timeout_s=400,
    capability="film",
    holds_place=True,
    priority=2,
    retry=RetryRule(base_s=5, cap_s=120),
    public=False,
)
