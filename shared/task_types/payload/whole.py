"""How is a whole number read that JSON may write with a decimal point?"""

from __future__ import annotations

from pydantic import BeforeValidator


def _read_whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


# JSON does not tell 4.0 from 4.
Whole = BeforeValidator(_read_whole)
