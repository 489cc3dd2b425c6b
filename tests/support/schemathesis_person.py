"""What does a schema not say of a person's requests? Whose words they are: always their own, so that nobody is named."""

from __future__ import annotations

from typing import Any

import schemathesis

import tests.support.schemathesis_texts  # noqa: F401 - importing it registers its hooks, too

AUTHORS = {"person", "template", "ai"}


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    """Leave out who wrote the words, where the schema would let it through."""
    _leave_out(case.body)


def _leave_out(part: Any) -> None:
    if isinstance(part, dict):
        if isinstance(part.get("author"), str) and part["author"] in AUTHORS:
            del part["author"]
        for below in part.values():
            _leave_out(below)
    if isinstance(part, list):
        for below in part:
            _leave_out(below)
