"""What does Instagram never take? Comments are counted in characters, messages in bytes of UTF-8."""

from __future__ import annotations

from connectors.contract.content import CommentContent, Content, MessageContent, Problem, TextLimit, measure_texts


def utf8_length(text: str) -> int:
    """Return how many bytes of UTF-8 a text has."""
    return len(text.encode())


COMMENT = TextLimit(2200)
MESSAGE = TextLimit(1000, "bytes", utf8_length)


def measure(content: Content) -> list[Problem]:
    """Return what makes it impossible to send this."""
    return measure_texts("Instagram", content, {CommentContent: COMMENT, MessageContent: MESSAGE})
