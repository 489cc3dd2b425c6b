"""When do two texts read the same? Platforms change spaces and forms of characters on the way."""

from __future__ import annotations

import re
import unicodedata

# Zero-width space, non-joiner and joiner, word joiner, byte order mark, soft hyphen, and the marks of direction.
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufe0f]")


def normal(text: str) -> str:
    """Return the text in NFC, without invisible characters, and with every run of white space as one space."""
    return " ".join(unicodedata.normalize("NFC", _UNSEEN.sub("", text)).split())


def same(one: str, other: str) -> bool:
    """Return whether both texts read the same."""
    return normal(one) == normal(other)
