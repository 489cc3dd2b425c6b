"""How are messages and the phrases of `stop_words.toml` split into words, so that they can be compared?"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

Phrase = tuple[str, ...]

# Placeholders for courtesies; no word contains these characters.
COURTESY, PLEASE, REQUEST = "*", "+", "?"
MARKS = frozenset({COURTESY, PLEASE, REQUEST})

_WORDS = Path(__file__).with_name("stop_words.toml")
# Full stops, commas, exclamation and question marks of all scripts, as escapes where they look like ours.
_ENDS = r".,!?;:\n\u2014\u2026\u3001\u3002\uff01\uff0c\uff1f\u060c\u061f\u0964"
_PART = re.compile(f"([^{_ENDS}]+)([{_ENDS}]*)")
_ASKED = frozenset("?\uff1f\u061f")
# Letters that do not decompose into a letter and its mark.
_PLAIN = str.maketrans({"ł": "l", "\u0131": "i", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe"})


@dataclass(frozen=True, slots=True)
class Language:
    """The phrases of one language; `stop_words.toml` explains each kind; `joined`: its words are single letters."""

    joined: bool
    courtesies: tuple[Phrase, ...]
    please: tuple[Phrase, ...]
    requests: tuple[Phrase, ...]
    whole: tuple[Phrase, ...]
    everyday: tuple[Phrase, ...]
    anywhere: tuple[Phrase, ...]
    begins: tuple[Phrase, ...]
    against: tuple[Phrase, ...]
    limits: tuple[Phrase, ...]
    doubtful: tuple[Phrase, ...]

    @property
    def wishes(self) -> tuple[Phrase, ...]:
        """Return all phrases that may be a wish."""
        return self.whole + self.everyday + self.anywhere + self.begins + self.doubtful

    def near(self, said: frozenset[str]) -> Language:
        """Return the language with only those phrases whose first word is in the text: no others can match."""
        kinds = {kind: tuple(phrase for phrase in getattr(self, kind) if phrase[0] in said) for kind in KINDS}
        return Language(self.joined, **kinds)


KINDS = tuple(name for name in Language.__dataclass_fields__ if name != "joined")


@cache
def languages() -> tuple[Language, ...]:
    """Return the languages of `stop_words.toml`."""
    return tuple(map(_language, tomllib.loads(_WORDS.read_text(encoding="utf-8")).values()))


def split(text: str) -> Iterator[tuple[str, bool]]:
    """Yield a text's clauses, each with whether it is a question."""
    for clause, end in _PART.findall(text):
        yield clause, not _ASKED.isdisjoint(end)


def words(text: str, *, joined: bool = False) -> Phrase:
    """Return a text's words in comparable form: small letters without accents; with `joined` each letter is one.

    Vowel marks belong to words; apostrophes join: don't is dont.
    """
    kept = ""
    for sign in unicodedata.normalize("NFKC", text).casefold().translate(_PLAIN):
        base = unicodedata.normalize("NFD", sign)[0]
        if base.isascii() and base.isalnum():
            kept += base
        elif unicodedata.category(sign) in {"Mn", "Mc"}:
            kept += "" if kept[-1:].isascii() else sign
        elif sign not in "'\u2019`":
            kept += sign if sign.isalnum() else " "
    return tuple("".join(kept.split()) if joined else kept.split())


def _language(table: dict[str, Any]) -> Language:
    joined = bool(table.get("joined"))
    return Language(joined, **{kind: _phrases(table.get(kind, []), joined=joined) for kind in KINDS})


def _phrases(written: list[str], *, joined: bool) -> tuple[Phrase, ...]:
    return tuple(sorted({words(one, joined=joined) for line in written for one in _spellings(line)}))


def _spellings(line: str) -> Iterator[str]:
    """Yield `a|b c` as `a c` and `b c`."""
    for choice in product(*(word.split("|") for word in line.split())):
        yield " ".join(choice)
