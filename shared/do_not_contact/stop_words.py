"""Does the author of a message ask not to be contacted? Pure; the phrases of each language are in `stop_words.toml`.

A message is read in every language by itself. It is split at its punctuation; greetings and courtesies are skipped,
and a phrase counts as the whole message, at the beginning, or anywhere in a short one, each kind as
`stop_words.toml` says. Negations and questions are not wishes. A possible wish is doubtful: a person decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from shared.do_not_contact.phrases import COURTESY, MARKS, PLEASE, REQUEST, Language, Phrase, languages, split, words

LONGEST = 500  # characters of a message that are read
SHORT = 30  # words of a message in which a wish counts wherever it stands
LETTERS_A_WORD = 3  # of scripts that do not separate words by spaces
_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|„[^“”]*[“”]|«[^»]*»|「[^」]*」|『[^』]*』")
_LAUGHTER = re.compile(
    r"[😂🤣😆😹笑]|\b(?:(?:ha|ja|he|ah|hi){2,}h?a?|k{3,}|w{3,}|lo+l|lmao|rofl|mdr|ptdr|xd+|rs(?:rs)+)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class OptOut:
    """The words by which somebody opts out, and whether a person must decide if they are meant so."""

    words: str
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class _Clause:
    """A clause: its words with marks in place of courtesies, and whether it is a question."""

    said: Phrase
    asked: bool

    @property
    def meant(self) -> Phrase:
        """Return its words without the courtesies."""
        return tuple(word for word in self.said if word not in MARKS)


def opt_out_in(message: str) -> OptOut | None:
    """Return how a message opts out; None where it does not."""
    text = message[:LONGEST]
    rest = _QUOTED.sub(" ", text)
    if len(words(rest)) > 1:  # quoted words are not the author's, unless the message has no others
        text = rest
    found = [wish for language in languages() if (wish := _read(text, language))]
    wish = min(found, key=lambda one: one.doubtful, default=None)
    if wish is not None and _LAUGHTER.search(text):
        return replace(wish, doubtful=True)
    return wish


def _read(text: str, language: Language) -> OptOut | None:
    language = language.near(frozenset(words(text, joined=language.joined)))
    clauses = _clauses(text, language)
    meant = tuple(word for clause in clauses for word in clause.meant)
    if not meant:
        return None
    most = SHORT * (LETTERS_A_WORD if language.joined else 1)
    if (wish := next(_whole(clauses, meant, language), None)) is not None:
        return wish
    wishes: list[OptOut] = []
    for number, clause in enumerate(clauses):
        for wish in _said(clause, language):
            far = len(meant) > most and number > 0
            wishes.append(replace(wish, doubtful=wish.doubtful or far))
    if len(meant) <= most:
        wishes += [wish for clause in clauses for wish in _perhaps(clause, language)]
    return min(wishes, key=lambda one: one.doubtful, default=None)


def _whole(clauses: list[_Clause], meant: Phrase, language: Language) -> Iterator[OptOut]:
    """Yield wishes that the whole message, or each clause, consists of; everyday words never count in a question."""
    asked = any(clause.asked for clause in clauses)
    wished = any(PLEASE in clause.said for clause in clauses)
    requested = any(REQUEST in clause.said for clause in clauses)
    known = language.whole + language.everyday
    each = all(any(clause.meant == phrase for phrase in known) for clause in clauses)
    for phrase in known:
        if meant != phrase * (len(meant) // len(phrase)) and not (each and clauses[-1].meant == phrase):
            continue
        if not asked or (requested and wished):
            yield OptOut(_join(phrase, language))
        elif phrase in language.whole or requested:
            yield OptOut(_join(phrase, language), doubtful=True)


def _said(clause: _Clause, language: Language) -> Iterator[OptOut]:
    """Yield the wishes of one clause: a phrase that counts anywhere, an imperative, or "please" and a word that ends it."""
    imperative = next((n for n, word in enumerate(clause.said) if word not in MARKS), 0)
    for phrase in language.anywhere:
        for start, end in _places(clause.said, phrase):
            yield from _weigh(clause, phrase, start, end, language)
    for phrase in language.begins:
        for start, end in _places(clause.said, phrase):
            if start == imperative:
                yield from _weigh(clause, phrase, start, end, language)
    if clause.asked and REQUEST not in clause.said:
        return
    for phrase in language.whole + language.everyday:
        for start, end in _places(clause.said, phrase):
            ends = all(word in MARKS for word in clause.said[end:])
            if ends and (clause.said[start - 1 : start] == (PLEASE,) or (clause.meant == phrase and PLEASE in clause.said)):
                yield from _weigh(clause, phrase, start, end, language)


def _weigh(clause: _Clause, phrase: Phrase, start: int, end: int, language: Language) -> Iterator[OptOut]:
    """Yield a phrase in its clause unless words before it negate it; words after it that narrow it make it doubtful."""
    before = clause.said[:start]
    cut = max((n + 1 for n, word in enumerate(before) if word in MARKS), default=0)
    turned = _turns(before[cut:], language)
    if turned == 1:
        return
    narrowed = any(_places(clause.said[end:], word) for word in language.limits)
    asked = clause.asked and REQUEST not in clause.said
    yield OptOut(_join(phrase, language), doubtful=turned > 1 or narrowed or asked)


def _turns(said: Phrase, language: Language) -> int:
    """Return how often the words are negated: "why don't" is twice, "why did" is one phrase and once."""
    turns = at = 0
    while at < len(said):
        length = max((len(phrase) for phrase in language.against if said[at : at + len(phrase)] == phrase), default=0)
        turns, at = turns + bool(length), at + max(length, 1)
    return turns


def _perhaps(clause: _Clause, language: Language) -> Iterator[OptOut]:
    """Yield possible wishes: a clear word as one clause of several, or words of somebody who is not interested."""
    if clause.asked:
        return
    for phrase in language.whole:
        if clause.meant == phrase:
            yield OptOut(_join(phrase, language), doubtful=True)
    for phrase in language.doubtful:
        for start, _ in _places(clause.said, phrase):
            if not any(_places(clause.said[:start], word) for word in language.against):
                yield OptOut(_join(phrase, language), doubtful=True)


def _places(said: Phrase, phrase: Phrase) -> list[tuple[int, int]]:
    """Yield where a phrase stands; courtesies within it are skipped."""
    places = []
    for start, word in enumerate(said):
        if word != phrase[0]:
            continue
        at, matched = start, 0
        while at < len(said) and matched < len(phrase):
            if said[at] == phrase[matched]:
                matched += 1
            elif said[at] not in MARKS:
                break
            at += 1
        if matched == len(phrase):
            places.append((start, at))
    return places


def _clauses(text: str, language: Language) -> list[_Clause]:
    """Return the message's clauses; one of courtesies alone becomes part of the next, or of the last."""
    clauses: list[_Clause] = []
    kept: Phrase = ()
    for part, asked in split(text):
        said = kept + _mark(words(part, joined=language.joined), language)
        if any(word not in MARKS for word in said):
            clauses.append(_Clause(said, asked))
            kept = ()
        else:
            kept = said
    if kept and clauses:
        clauses[-1] = replace(clauses[-1], said=clauses[-1].said + kept)
    return clauses


def _mark(said: Phrase, language: Language) -> Phrase:
    """Return the words with a mark in place of each courtesy, the longest first. Words that are part of a wish stay."""
    marked: list[str] = []
    at = 0
    while at < len(said):
        length, mark = max(
            (
                (len(phrase), mark)
                for mark, phrases in (
                    (COURTESY, language.courtesies),
                    (PLEASE, language.please),
                    (REQUEST, language.requests),
                )
                for phrase in phrases
                if said[at : at + len(phrase)] == phrase
            ),
            default=(1, said[at]),
        )
        known = max((len(phrase) for phrase in language.wishes if said[at : at + len(phrase)] == phrase), default=0)
        if known and known >= length:
            length, mark = known, ""
        marked += [mark] if mark else said[at : at + length]
        at += length
    return tuple(marked)


def _join(phrase: Phrase, language: Language) -> str:
    return ("" if language.joined else " ").join(phrase)
