"""What is a `comment_run`? A search, a choice among what it found, and a comment under each chosen post."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema

from shared.outward_content import CommentContent, PayloadContent
from shared.status import Status
from shared.task_types.discovery import DiscoveryPayload, Query
from shared.task_types.payload.whole import Whole
from shared.task_types.spec import LINE_BREAKS, Payload, Result, TaskSpec
from shared.validation import NEVER_SENT, UNSEEN, VISIBLE_TEXT

MOST_COMMENTS = 50
MOST_TEXTS = 100
LONGEST_PAUSE_S = 86_400
OLDEST_H = 24 * 365
SHORTEST_AUTHOR = "a"
PLACE = re.compile(r"\{(author|query)\}")
# What the validator below requires, for readers of the schema.
_SIGN, _SEEN = (rf"([^{NEVER_SENT}{{}}{more}]|\{{(author|query)\}})" for more in ("", rf"\s{UNSEEN}"))
FILLED = f"^{_SIGN}*{_SEEN}{_SIGN}*$"

Count = Annotated[int, Field(strict=True, ge=0, le=2**31 - 1), Whole]


def _places_are_known(text: str) -> str:
    """Return a text whose braces are all known placeholders.

    Raises:
        ValueError: they are not.
    """
    if wrong := re.search(r"\{[^{}]*\}?|\}", PLACE.sub("", text)):
        message = f"{wrong[0]!r} is no place that is filled in; there are {{author}} and {{query}}."
        raise ValueError(message)
    return text


Text = Annotated[
    str,
    LINE_BREAKS,
    StringConstraints(pattern=VISIBLE_TEXT, min_length=1, max_length=2200),
    AfterValidator(_places_are_known),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 2200, "pattern": FILLED}),
]
Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)]
Pause = Annotated[float, Field(strict=True, ge=0, le=LONGEST_PAUSE_S)]
# Why a post is not commented on.
Skip = Literal[
    "own", "already_commented", "do_not_contact", "same_author", "too_old", "age_unknown", "language", "language_unknown",
    "likes", "replies", "reposts", "views", "no_text_left", "enough",
]  # fmt: skip


class Between(Payload):
    """A range of a number on a post's page, both ends included. A post that does not show the number is left out."""

    min: Count | None = None
    max: Count | None = None


class PostFilter(Payload):
    """Which of the posts that were found are commented on; a field that is left out excludes none."""

    max_age_h: Annotated[int, Field(strict=True, ge=1, le=OLDEST_H), Whole] | None = Field(
        None, description="Not older than so many hours."
    )
    languages: list[Language] = Field(
        [], max_length=20, description="As the page says them: `en` also takes `en-GB`. Empty: any."
    )
    likes: Between | None = None
    replies: Between | None = None
    reposts: Between | None = None
    views: Between | None = None
    per_author: Annotated[int, Field(strict=True, ge=1, le=MOST_COMMENTS), Whole] = Field(
        1, description="So many posts of one author at most."
    )


class CommentRunPayload(Payload):
    """The search, the posts to take, and the texts to write there."""

    query: Query = Field(description="Words, or a `#hashtag`, up to 100 characters.")
    count: Annotated[int, Field(strict=True, ge=1, le=MOST_COMMENTS), Whole] = Field(
        10, description="How many comments at most."
    )
    texts: list[Text] = Field(
        min_length=1,
        max_length=MOST_TEXTS,
        description="What to say, each text once in a run; `{author}` and `{query}` in it are filled in.",
    )
    wanted: PostFilter = PostFilter()
    spacing_s: tuple[Pause, Pause] | None = Field(
        None, description="Two comments are planned so many seconds apart, drawn between these two; limits hold besides."
    )

    def filled(self, text: str, author: str) -> str:
        """Return a text of the run as it is written to this author."""
        places = {"author": author, "query": self.query}
        return PLACE.sub(lambda place: places[place[1]], text)

    def contents(self) -> tuple[PayloadContent, ...]:
        """Return each text as it is written to the author with the shortest name."""
        said = [CommentContent(text=self.filled(text, SHORTEST_AUTHOR)) for text in self.texts]
        return tuple(PayloadContent(one, {"text": f"texts[{number}]"}) for number, one in enumerate(said))


class RunComment(BaseModel):
    """One of the run's comments."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    task_id: UUID
    post_url: str
    text: str
    status: Status
    external_url: str | None = Field(description="Where it can be seen.")
    error: str | None = Field(description="Why there is none.")


class CommentRunResult(Result):
    """The report: what was found, what of it was left out and why, and the results of the comments."""

    run_id: UUID
    found: int
    complete: bool = Field(description="False where time ended the search.")
    skipped: dict[Skip, int] = Field(description="How many posts were left out, by the first reason against each.")
    comments: list[RunComment]
    message: str = Field("", description="Why nothing is commented on; empty where something is.")


def search_for(payload: CommentRunPayload) -> DiscoveryPayload:
    """Return the search, for several times as many posts as comments are wanted, since some will not fit."""
    return DiscoveryPayload(query=payload.query, limit=min(100, max(20, 3 * payload.count)))


SPEC = TaskSpec(
    type="comment_run",
    version=1,
    payload=CommentRunPayload,
    result=CommentRunResult,
    lane="system",
    timeout_s=30,
    capability="comment",
    needs=("discovery",),
    for_account=True,
    begins_run=True,
    example={"query": "#ceramics", "count": 5, "texts": ["What a glaze, @{author}.", "Which clay is this?"]},
)
