"""Does somebody say that they want to be left alone? Pure; the words of each language stand in `stop_words.toml`.

Only how a message begins counts, so that "don't stop" and "I could not stop laughing" are none. In doubt somebody is left
alone: who was taken wrongly off the list of those who may be written to is put back by a person.
"""

from __future__ import annotations

import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_WORDS = Path(__file__).with_name("stop_words.toml")
LITTLE_MORE = 3  # words that may follow one that is a whole message: "stop it please"
LONGEST = 500  # characters of a message that are looked at


@dataclass(frozen=True, slots=True)
class StopWords:
    """The words of all languages, each as its words."""

    whole: tuple[tuple[str, ...], ...]
    begins: tuple[tuple[str, ...], ...]


def stop_word_in(message: str) -> str | None:
    """The words by which a message asks to be left alone; None where it does not."""
    said, known = _words(message), _known()
    for phrase in known.whole:
        if _begins(said, phrase) and len(said) <= len(phrase) + LITTLE_MORE:
            return " ".join(phrase)
    found = next((phrase for phrase in known.begins if _begins(said, phrase)), None)
    return None if found is None else " ".join(found)


def _begins(said: tuple[str, ...], phrase: tuple[str, ...]) -> bool:
    if said[: len(phrase)] == phrase:
        return True
    # Where words are not parted by spaces a phrase may go on in the same word.
    joined = " ".join(phrase)
    return bool(said) and not _has_spaces(joined) and " ".join(said).startswith(joined)


def _has_spaces(phrase: str) -> bool:
    """Whether its script parts words by spaces: all but Chinese, Japanese and Korean do, and Korean endings are joined."""
    return not any("CJK" in name or "HIRAGANA" in name or "HANGUL" in name for name in map(_name, phrase))


def _name(letter: str) -> str:
    return unicodedata.name(letter, "")


def _words(text: str) -> tuple[str, ...]:
    plain = unicodedata.normalize("NFKC", text[:LONGEST]).casefold()
    # Marks of vowels (Mn, Mc) belong to words; apostrophes join: don't is dont.
    kept = (c if c.isalnum() or unicodedata.category(c) in {"Mn", "Mc"} else "" if c in "'\u2019`" else " " for c in plain)
    return tuple("".join(kept).split())


@cache
def _known() -> StopWords:
    languages = tomllib.loads(_WORDS.read_text(encoding="utf-8")).values()
    whole = {_words(phrase) for language in languages for phrase in language["whole"]}
    begins = {_words(phrase) for language in languages for phrase in language["begins"]}
    return StopWords(tuple(sorted(whole)), tuple(sorted(begins)))
