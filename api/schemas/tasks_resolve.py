"""What does a person send to settle an unknown outcome?"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from api.schemas.tasks import Body
from shared.task_types.spec import LINE_BREAKS
from shared.tasks.resolve import Word
from shared.validation import SHOWN_TEXT

Note = Annotated[str, StringConstraints(pattern=SHOWN_TEXT, min_length=1, max_length=1000), LINE_BREAKS]
ExternalId = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,200}$")]


class Resolution(Body):
    """`confirmed`: it was done. `absent`: it was not."""

    outcome: Literal["confirmed", "absent"]
    external_id: ExternalId | None = None
    note: Note
    send_again: Annotated[bool, Field(strict=True)] = Field(
        default=False, description="With `absent`: send it now. Else the task fails, and can be tried again later."
    )

    def as_word(self) -> Word:
        """Return what the person says."""
        return Word(self.outcome, self.external_id, self.note, self.send_again)


RESOLVE_EXAMPLES: dict[str, Any] = {
    "confirmed": {
        "summary": "It was done",
        "value": {"outcome": "confirmed", "external_id": "17900000000000001", "note": "Seen under the post."},
    },
    "absent": {"summary": "It was not done", "value": {"outcome": "absent", "note": "Not in the thread."}},
    "again": {
        "summary": "It was not done; send it now",
        "value": {"outcome": "absent", "note": "Not in the thread.", "send_again": True},
    },
}
