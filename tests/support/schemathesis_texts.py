"""What does a schema not say of a text? How long its platform lets it be: what was made longer is another text."""

from __future__ import annotations

from typing import Any

import schemathesis

import tests.support.schemathesis_times  # noqa: F401 - importing it registers its hook, too

LONGEST = 40  # characters: every platform takes so many, however it counts them
SHORT = "What a light in this one."


@schemathesis.hook("before_call")
def shorten(_context: Any, case: Any, _kwargs: Any) -> None:
    """Shorten what is said in a request that is made to be taken."""
    if case.meta is not None and case.meta.generation.mode.is_positive:
        _shorten(case.body)


def _shorten(part: Any) -> None:
    if isinstance(part, dict):
        for name, below in part.items():
            if name == "texts" and isinstance(below, list):
                part[name] = [_short(one, f"{SHORT} {number}") for number, one in enumerate(below)]
        if "text" in part:
            part["text"] = _short(part["text"])
        for below in part.values():
            _shorten(below)
    if isinstance(part, list):
        for below in part:
            _shorten(below)


def _short(said: Any, instead: str = SHORT) -> Any:
    return instead if isinstance(said, str) and len(said) > LONGEST else said
