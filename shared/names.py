"""When do two names count as the same, and how is an unknown name refused?

Names are compared in small letters and in the compatibility form of Unicode (NFKC), so that composed and decomposed,
full-width and narrow letters are the same; invisible characters (marks of direction, joiners, soft hyphens) are left out.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from shared.errors import NotFound

MOST_SHOWN = 60
_UNSEEN = frozenset({"Cf", "Cc", "Co", "Cs", "Cn"})
# Drawn as nothing, yet letters or marks by category: fillers of Hangul, an empty Braille cell, joiners, variants.
_BLANK = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\u034f") | {chr(c) for c in range(0xFE00, 0xFE10)}


def folded(text: str) -> str:
    """Return a name in comparable form; folding it again changes nothing."""
    before, now = "", text
    while now != before:  # what was left out may have stood between characters that combine
        before = now
        seen = "".join(
            c for c in unicodedata.normalize("NFKC", now) if c not in _BLANK and unicodedata.category(c) not in _UNSEEN
        )
        now = unicodedata.normalize("NFKC", seen.strip().casefold())
    return now


def find_name(text: str, known: Collection[str], aliases: Mapping[str, str] | None = None) -> str | None:
    """Return which of the known names is meant, by itself or by an alias of it; None where none is."""
    wanted = folded(text)
    meant = (aliases or {}).get(wanted, wanted)
    return next((name for name in known if folded(name) == meant), None)


def require_name(
    kind: str, text: str, known: Collection[str], *, field: str, aliases: Mapping[str, str] | None = None
) -> str:
    """Return which of the known names is meant.

    Raises:
        NotFound: none is; the message says which there are.
    """
    found = find_name(text, known, aliases)
    if found is None:
        raise NotFound(field=field, message=no_such_name(kind, text, known))
    return found


def no_such_name(kind: str, text: str, known: Iterable[str]) -> str:
    """Return the sentence that answers an unknown name, with the known ones."""
    there = known_names(known)
    return f"There is no {kind} {text[:100]!r}; " + (f"there are {there}." if there else "there is none at all.")


def known_names(known: Iterable[str]) -> str:
    """Return names as a sentence lists them, and how many more there are."""
    names = sorted(known)
    more = f" and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else ""
    return ", ".join(names[:MOST_SHOWN]) + more


@dataclass(frozen=True, slots=True)
class Names:
    """Names of one kind, such as `platform`: the known ones, and their aliases."""

    kind: str
    known: frozenset[str]
    aliases: Mapping[str, str] = field(default_factory=dict)

    def find(self, text: str) -> str | None:
        """Return which of them is meant, or None."""
        return find_name(text, self.known, self.aliases)

    def require(self, text: str, *, field: str) -> str:
        """Return which of them is meant.

        Raises:
            NotFound: none is; the message says which there are.
        """
        return require_name(self.kind, text, self.known, field=field, aliases=self.aliases)

    def refusal(self, text: str) -> str:
        """Return the sentence that answers an unknown name of this kind."""
        return no_such_name(self.kind, text, self.known)
