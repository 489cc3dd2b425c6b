"""What does Threads never take? Characters are counted as its API does: emoji by their bytes of UTF-8."""

from __future__ import annotations

from connectors.contract.content import CommentContent, Content, Problem, TextLimit, measure_texts
from connectors.contract.emoji import EMOJI


def length(text: str) -> int:
    """Return how many characters a text has for Threads."""
    emoji = EMOJI.findall(text)
    return len(text) + sum(len(one.encode()) - len(one) for one in emoji)


COMMENT = TextLimit(500, "signs, emoji by their bytes,", length)


def measure(content: Content) -> list[Problem]:
    """Return what makes it impossible to send this."""
    return measure_texts("Threads", content, {CommentContent: COMMENT})
