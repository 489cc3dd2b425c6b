"""What can a maker that speaks `/v1/videos` never make?"""

from __future__ import annotations

from connectors.contract.content import Content, Problem, TextLimit, measure_film

PROMPT = TextLimit(2000)
SECONDS = (4, 8, 12)
ASPECTS = ("9:16", "16:9")


def measure(content: Content) -> list[Problem]:
    """Return what speaks against ordering this."""
    return measure_film("This maker", content, PROMPT, SECONDS, ASPECTS)
