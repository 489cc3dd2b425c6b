"""What can Runway never make? A prompt is counted in units of UTF-16."""

from __future__ import annotations

from connectors.contract.content import Content, Problem, TextLimit, measure_film


def utf16_units(text: str) -> int:
    """Return how long Runway counts a text."""
    return len(text.encode("utf-16-le")) // 2


PROMPT = TextLimit(1000, "UTF-16 units", utf16_units)
# The lengths of ours that all its text-to-video models take; a model that takes fewer refuses by itself.
SECONDS = (4, 8, 10)
ASPECTS = ("9:16", "16:9")


def measure(content: Content) -> list[Problem]:
    """Return what speaks against ordering this."""
    return measure_film("Runway", content, PROMPT, SECONDS, ASPECTS)
