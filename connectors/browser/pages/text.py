"""When are two texts the same to a reader? Platforms change spaces and forms of signs on the way."""

from __future__ import annotations

import re
import unicodedata

# Zero-width space, non-joiner and joiner, word joiner, byte order mark, soft hyphen, and the marks of direction.
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufe0f]")


def normal(text: str) -> str:
    """The text in NFC, without unseen signs, and with every run of white space as one space."""
    return " ".join(unicodedata.normalize("NFC", _UNSEEN.sub("", text)).split())


def same(one: str, other: str) -> bool:
    """Whether a reader takes both for the same text."""
    return normal(one) == normal(other)
