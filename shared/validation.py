"""What is said of a value that is not as it should be? Our own words, as they were written."""

from __future__ import annotations

import re
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
# What steers a terminal or ends a text: control characters other than a tab and a line break.
_STEERS = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
# A note may come as somebody copied it, yet steers nothing where it is shown.
SHOWN_TEXT = rf"^[^{_STEERS}]*[^\x00\s{UNSEEN}][^{_STEERS}]*$"
# What schemas say of texts that go out; marks of direction that have their end are taken besides (`fault_of_text`).
NEVER_SENT = f"{_STEERS}\u202a-\u202e\u2066-\u2069"
SENT_TEXT = rf"^[^{NEVER_SENT}]*[^\x00\s{UNSEEN}][^{NEVER_SENT}]*$"
SENT_LINE = rf"^[^\t\n\r{NEVER_SENT}]*[^\x00\s{UNSEEN}][^\t\n\r{NEVER_SENT}]*$"
_CONTROL = re.compile(f"[{_STEERS}\r]")
_LINE_ENDS = re.compile("[\t\n\u2028\u2029]")
# What opens a stretch that runs in one direction, and what ends it.
_ENDS = dict.fromkeys("\u202a\u202b\u202d\u202e", "\u202c") | dict.fromkeys("\u2066\u2067\u2068", "\u2069")
_BREAKS_OR_TURNS = "\u2028\u2029\u202a-\u202e\u2066-\u2069"
# A name is one line, and no mark in it turns what stands beside it.
VISIBLE_LINE = rf"^{_SEEN_FIRST}[^\x00-\x1f\x7f-\x9f{_BREAKS_OR_TURNS}]*$"
SHOWS_NOTHING_OR_STEERS = "Write something that can be seen, without control characters."
SHOWS_NOTHING_FIRST = "Begin with something that can be seen, and leave out control characters."
NO_NAME = "A name begins with something that can be seen, on one line, without control characters or marks that turn it."
_SAID = {
    VISIBLE_TEXT: SHOWS_NOTHING,
    SHOWN_TEXT: SHOWS_NOTHING_OR_STEERS,
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


def fault_of_text(text: str, *, is_line: bool = False) -> str | None:
    """Return why a text does not go out as it is, or None: what steers a terminal, or turns what is shown behind it.

    Marks that turn a stretch are taken with their ends in the same line, as texts in Arabic or Hebrew have them; so are
    those without a stretch (U+200E, U+200F). What is a line has no tab and no break.
    """
    if found := _CONTROL.search(text):
        return f"U+{ord(found[0]):04X} at character {found.start() + 1} is a control character: leave it out."
    if is_line and (found := _LINE_ENDS.search(text)):
        return f"This is one line: leave out the break or tab (U+{ord(found[0]):04X}) at character {found.start() + 1}."
    open_ends: list[str] = []
    for place, sign in enumerate(f"{text}\n"):
        if sign in _ENDS:
            open_ends.append(_ENDS[sign])
        elif sign in "\u202c\u2069":
            if not open_ends or open_ends.pop() != sign:
                return f"U+{ord(sign):04X} at character {place + 1} ends nothing that turns the direction: leave it out."
        elif sign in "\n\u2029" and open_ends:
            return f"What turns the text's direction has no end in its line: write U+{ord(open_ends[-1]):04X} where it ends."
    return None
