"""How does a connector say what it can never send? By one function `measure(content)` in its `measure.py`.

It is pure and depends on this file alone: the gateway calls it when a task is created and at preflight, and the engine
again right before the call. The vocabulary is in `shared/outward_content.py`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from shared.errors import ContentRejected
from shared.outward_content import (
    NOTHING,
    CommentContent,
    Content,
    FilmContent,
    FilmOptions,
    Measure,
    MessageContent,
    Problem,
)

__all__ = [
    "NOTHING",
    "CommentContent",
    "Content",
    "FilmContent",
    "FilmOptions",
    "Measure",
    "MessageContent",
    "Problem",
    "TextLimit",
    "format_of",
    "measure_film",
    "measure_texts",
]

# Characters of scripts that are drawn as nothing: fillers of Hangul, an empty Braille cell, inherent vowels.
_FILLERS = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_UNDRAWN = frozenset({"Cc", "Cf", "Cn", "Mn", "Zl", "Zp", "Zs"})


@dataclass(frozen=True, slots=True)
class TextLimit:
    """A limit of a text's length: the number, the unit, and how the platform counts it."""

    most: int
    unit: str = "characters"
    length: Callable[[str], int] = len


def measure_texts(site: str, content: Content, limits: Mapping[type[Content], TextLimit]) -> list[Problem]:
    """Return the problems of content that is a text alone; `site` is the platform's name."""
    limit = limits.get(type(content))
    if limit is None:
        return [Problem("unsupported", "", f"{site} does not take {content.action or 'this'!r}.")]
    problems = []
    if not any(map(_is_drawn, content.text)):
        problems.append(Problem("empty_text", "text", "The text has no sign that a reader would see."))
    if (length := limit.length(content.text)) > limit.most:
        said = f"{site} takes {limit.most} {limit.unit} at most; this text has {length}."
        problems.append(Problem("text_too_long", "text", said, length, limit.most))
    more = {"media": content.media, "link": content.link, "reply_to": content.reply_to}
    return problems + [
        Problem("unsupported", name, f"{site} takes a text alone here, without {name}.")
        for name, value in more.items()
        if value
    ]


def measure_film(
    maker: str, content: Content, prompt: TextLimit, seconds: Collection[int], aspects: Collection[str]
) -> list[Problem]:
    """Return what speaks against a film that is ordered by a prompt alone; `maker` is its maker's name."""
    problems = measure_texts(maker, content, {FilmContent: prompt})
    if isinstance(content, FilmContent):
        problems += _format_problems(maker, content.options, seconds, aspects)
    return problems


def _format_problems(maker: str, options: FilmOptions, seconds: Collection[int], aspects: Collection[str]) -> list[Problem]:
    """Return what speaks against the format of a film."""
    offered = f"{', '.join(map(str, sorted(seconds)))} seconds in {' or '.join(sorted(aspects))}"
    said = f"{maker} makes {offered}, not {options.seconds} s {options.aspect}."
    problems = []
    if options.seconds not in seconds:
        limit = ", ".join(map(str, sorted(seconds)))
        problems.append(Problem("format_unsupported", "options.seconds", said, options.seconds, limit))
    if options.aspect not in aspects:
        problems.append(Problem("format_unsupported", "options.aspect", said, options.aspect, ", ".join(sorted(aspects))))
    return problems


def format_of(content: Content) -> FilmOptions:
    """Return the format in which a film is ordered.

    Raises:
        ContentRejected: the content orders no film.
    """
    if not isinstance(content, FilmContent):
        raise ContentRejected(code="wrong_content", message=f"{content.action!r} orders no film.")
    return content.options


def _is_drawn(sign: str) -> bool:
    return unicodedata.category(sign) not in _UNDRAWN and sign not in _FILLERS
