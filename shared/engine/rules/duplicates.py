"""Would this repeat something: a message to the same person too soon, or words that were just used?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import SequenceMatcher

from shared.engine.rules.limits import SAME_TEXT, SIMILAR_TO_LAST, TOO_SIMILAR
from shared.platform_rules import rules_of


@dataclass(frozen=True, slots=True)
class SentText:
    """Something that an account has written before, and when."""

    text: str
    at: datetime


def same_person(platform: str, last_at: datetime | None, now: datetime) -> tuple[str, datetime] | None:
    """Return why, and until when, the same person is not written to again; None where they may be."""
    hours = rules_of(platform).same_recipient_h
    if hours is None or last_at is None or last_at + timedelta(hours=hours) <= now:
        return None
    return f"the same person got a message less than {hours:g} h ago", last_at + timedelta(hours=hours)


def same_words(text: str, before: Sequence[SentText], now: datetime) -> tuple[str, datetime | None] | None:
    """Return why a comment's words may not be used: identical ones not before some time, too similar ones never.

    `before` is what the account has commented so far, newest first.
    """
    plain = _plain(text)
    for said in before:
        if _plain(said.text) == plain and said.at + SAME_TEXT > now:
            return "the same comment was made in the last 24 h", said.at + SAME_TEXT
    for said in before[:SIMILAR_TO_LAST]:
        other = _plain(said.text)
        if other != plain and SequenceMatcher(None, plain, other, autojunk=False).ratio() >= TOO_SIMILAR:
            return f"too similar to one of the last {SIMILAR_TO_LAST} comments: {said.text[:80]!r}", None
    return None


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()[:500]
