"""Does a task need approval before it may run? Decided from the workspace's rules, in their order; pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

Author = Literal["person", "template", "ai"]
Approval = Literal["each", "auto", "never"]
WAITS_S = 7 * 86_400  # how long a task waits for approval where no rule says otherwise


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule for the tasks that it names; a property that is None may have any value.

    `each`: each task needs approval, within `waits_s` seconds. `auto`: none is needed until the instant `until`, for
    at most `most` tasks in any `window_s` seconds; further tasks wait for approval. `never`: none is needed.
    `covers_time`: an approval is of the task's time, too, so that another time needs another approval.
    """

    name: str
    approval: Approval
    persona_id: UUID | None = None
    platform: str | None = None
    type: str | None = None
    author: Author | None = None
    waits_s: int = WAITS_S
    until: datetime | None = None
    most: int | None = None
    window_s: int = 86_400
    covers_time: bool = True

    def is_about(self, asking: Asking, now: datetime) -> bool:
        """Return whether it names such a task, and is still in force."""
        named = (
            (self.persona_id, asking.persona_id),
            (self.platform, asking.platform),
            (self.type, asking.type),
            (self.author, asking.author),
        )
        ended = self.approval == "auto" and self.until is not None and self.until <= now
        return not ended and all(wanted is None or wanted == own for wanted, own in named)


@dataclass(frozen=True, slots=True)
class Asking:
    """The facts of a task that rules read."""

    persona_id: UUID | None
    platform: str | None
    type: str
    author: Author


@dataclass(frozen=True, slots=True)
class Requirement:
    """`approved_by` names the rule that has approved it; `until` is the end of the time in which a person may approve."""

    required: bool
    approved_by: str | None = None
    until: datetime | None = None
    covers_time: bool = True


FREE = Requirement(required=False)


def decide(rules: Sequence[Rule], asking: Asking, now: datetime, has_room: Callable[[Rule], bool]) -> Requirement:
    """Return what the first rule about the task requires; without one, only what AI wrote needs approval."""
    rule = next((one for one in rules if one.is_about(asking, now)), None)
    if rule is None:
        return FREE if asking.author != "ai" else Requirement(required=True, until=now + timedelta(seconds=WAITS_S))
    if rule.approval == "never":
        return FREE
    if rule.approval == "auto" and has_room(rule):
        return Requirement(required=True, approved_by=rule.name, covers_time=rule.covers_time)
    return Requirement(required=True, until=now + timedelta(seconds=rule.waits_s), covers_time=rule.covers_time)


def from_json(document: Sequence[dict[str, Any]]) -> list[Rule]:
    """Return stored rules."""
    return [Rule(**one | {"persona_id": _id(one["persona_id"]), "until": _instant(one["until"])}) for one in document]


def to_json(rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """Return rules as they are stored."""
    return [
        {name: getattr(rule, name) for name in Rule.__slots__}
        | {
            "persona_id": None if rule.persona_id is None else str(rule.persona_id),
            "until": None if rule.until is None else rule.until.isoformat(),
        }
        for rule in rules
    ]


def _id(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
