"""What does a maker that speaks `/v1/videos` never make?"""

from __future__ import annotations

from connectors.contract.content import Content, FilmContent, Problem, TextLimit, film_problems, measure_texts

PROMPT = TextLimit(2000)
SECONDS = (4, 8, 12)
ASPECTS = ("9:16", "16:9")


def measure(content: Content) -> list[Problem]:
    """Return what speaks against ordering this."""
    problems = measure_texts("This maker", content, {FilmContent: PROMPT})
    if isinstance(content, FilmContent):
        problems += film_problems("This maker", content.options, SECONDS, ASPECTS)
    return problems
