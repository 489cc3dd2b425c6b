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
# Shown among the words of others: it begins with something that can be seen, and steers no terminal.
_SEEN_FIRST = rf"[^\x00\s{UNSEEN}]"
VISIBLE_LINES = rf"^{_SEEN_FIRST}[^\x00-\x09\x0b-\x1f\x7f-\x9f]*$"
MAY_BE_EMPTY = rf"^$|{VISIBLE_LINES}"
_BREAKS_OR_TURNS = "\u2028\u2029\u202a-\u202e\u2066-\u2069"
# A name is one line, and no mark in it turns what stands beside it.
VISIBLE_LINE = rf"^{_SEEN_FIRST}[^\x00-\x1f\x7f-\x9f{_BREAKS_OR_TURNS}]*$"
SHOWS_NOTHING_FIRST = "Begin with something that can be seen, and leave out control characters."
NO_NAME = "A name begins with something that can be seen, on one line, without control characters or marks that turn it."
_SAID = {
    VISIBLE_TEXT: SHOWS_NOTHING,
    VISIBLE_LINES: SHOWS_NOTHING_FIRST,
    MAY_BE_EMPTY: SHOWS_NOTHING_FIRST,
    VISIBLE_LINE: NO_NAME,
}
# What pydantic writes before the words of a validator that raised.
_PREFIXES = {"value_error": "Value error, ", "assertion_error": "Assertion failed, "}


def message_of(fault: Mapping[str, Any]) -> str:
    """Return what one of pydantic's errors says: a validator's own words alone, and no pattern that nobody reads."""
    pattern = fault.get("ctx", {}).get("pattern")
    if pattern in _SAID:
        return _SAID[pattern]
    return str(fault["msg"]).removeprefix(_PREFIXES.get(str(fault["type"]), ""))
