"""What is said of a value that is not as it should be? Our own words, as they were written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# What is drawn as nothing: control characters and spaces, marks of direction, joiners, variants, tags, fillers of Hangul, an
# empty Braille cell.
UNSEEN = (
    "\x01-\x20\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff"
)
# Any text in which something can be seen; PostgreSQL cannot store a NUL character.
VISIBLE_TEXT = rf"^[^\x00]*[^\x00\s{UNSEEN}][^\x00]*$"
SHOWS_NOTHING = "This shows nothing: write something that can be seen, without NUL characters."
# What pydantic writes before the words of a validator that raised.
_PREFIXES = {"value_error": "Value error, ", "assertion_error": "Assertion failed, "}


def message_of(fault: Mapping[str, Any]) -> str:
    """Return what one of pydantic's errors says: a validator's own words alone, and no pattern that nobody reads."""
    if fault.get("ctx", {}).get("pattern") == VISIBLE_TEXT:
        return SHOWS_NOTHING
    return str(fault["msg"]).removeprefix(_PREFIXES.get(str(fault["type"]), ""))
