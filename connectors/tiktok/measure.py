"""What does TikTok never take?"""

from __future__ import annotations

from connectors.contract.content import CommentContent, Content, MessageContent, Problem, TextLimit, measure_texts

COMMENT = TextLimit(150)
MESSAGE = TextLimit(1000)


def measure(content: Content) -> list[Problem]:
    """Return what makes it impossible to send this."""
    return measure_texts("TikTok", content, {CommentContent: COMMENT, MessageContent: MESSAGE})
