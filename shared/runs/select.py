"""Which of the posts that a search found are commented on, and with which words? Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from shared.engine.rules.recipients import handle_of, names_of
from shared.outward_content import CommentContent, Measure
from shared.task_types.comment_run import CommentRunPayload, Skip
from shared.task_types.discovery import FoundPost
from shared.tasks.drafting.disclosure import closed_with

COUNTS = ("likes", "replies", "reposts", "views")


@dataclass(frozen=True, slots=True)
class Known:
    """The facts known besides the posts: our own handles there, paths commented on before, names not to be contacted.

    `measure` says what its platform refuses; `disclosure` is the end of each comment.
    """

    now: datetime
    own: frozenset[str]
    commented: frozenset[str]
    left_alone: frozenset[str]
    measure: Measure
    disclosure: str = ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A post and the comment that it gets."""

    post: FoundPost
    text: str


@dataclass(slots=True)
class Selection:
    """The chosen posts, in the search's order, and how many posts were left out for which reason."""

    chosen: list[Chosen] = field(default_factory=list)
    skipped: Counter[Skip] = field(default_factory=Counter)


def path_of(url: str) -> str:
    """Return an address up to its path, by which posts are compared; PostgreSQL's `post_path` does the same."""
    return url.partition("#")[0].partition("?")[0].rstrip("/")


def names_for(post: FoundPost) -> set[str]:
    """Return the names under which the do-not-contact list may have the owner of a post."""
    handle = _handle(post.author)
    return {*names_of(post.url), *([f"@{handle}"] if handle else [])}


def select(posts: Sequence[FoundPost], payload: CommentRunPayload, known: Known) -> Selection:
    """Choose the first posts without an objection, as many as are asked for and as there are texts for."""
    found = Selection()
    seen = set(known.commented)
    authors: Counter[str] = Counter()
    words = _Words(payload, known)
    for post in posts:
        if len(found.chosen) >= payload.count:
            found.skipped["enough"] += 1
            continue
        why = _against(post, payload, known, seen, authors)
        text = None if why else words.next_for(post)
        if why is None and text is None:
            why = "no_text_left"
        if why or text is None:
            found.skipped[why or "no_text_left"] += 1
            continue
        seen.add(path_of(post.url))
        authors[_handle(post.author)] += 1
        found.chosen.append(Chosen(post, text))
    return found


def _against(
    post: FoundPost, payload: CommentRunPayload, known: Known, seen: set[str], authors: Mapping[str, int]
) -> Skip | None:
    """Return the first objection to a post."""
    asked: dict[Skip, Callable[[], bool]] = {
        "own": lambda: _handle(post.author) in known.own,
        "already_commented": lambda: path_of(post.url) in seen,
        "do_not_contact": lambda: bool(names_for(post) & known.left_alone),
        "same_author": lambda: authors.get(_handle(post.author), 0) >= payload.wanted.per_author,
        "age_unknown": lambda: payload.wanted.max_age_h is not None and post.at is None,
        "too_old": partial(_too_old, post, payload, known.now),
        "language_unknown": lambda: bool(payload.wanted.languages) and post.language is None,
        "language": partial(_other_language, post, payload),
        "likes": partial(_not_between, post, payload, "likes"),
        "replies": partial(_not_between, post, payload, "replies"),
        "reposts": partial(_not_between, post, payload, "reposts"),
        "views": partial(_not_between, post, payload, "views"),
    }
    return next((why for why, holds in asked.items() if holds()), None)


def _too_old(post: FoundPost, payload: CommentRunPayload, now: datetime) -> bool:
    oldest = payload.wanted.max_age_h
    return oldest is not None and post.at is not None and now - post.at > timedelta(hours=oldest)


def _other_language(post: FoundPost, payload: CommentRunPayload) -> bool:
    said = (post.language or "").lower()
    wanted = [language.lower() for language in payload.wanted.languages]
    return bool(wanted) and not any(said == one or said.startswith(f"{one}-") for one in wanted)


def _not_between(post: FoundPost, payload: CommentRunPayload, count: str) -> bool:
    bounds, shown = getattr(payload.wanted, count), getattr(post, count)
    if bounds is None or (bounds.min is None and bounds.max is None):
        return False
    return shown is None or shown < (bounds.min or 0) or (bounds.max is not None and shown > bounds.max)


class _Words:
    """The run's texts in turn; the same words are never used twice."""

    def __init__(self, payload: CommentRunPayload, known: Known) -> None:
        self._payload, self._measure, self._disclosure = payload, known.measure, known.disclosure
        self._turn = list(dict.fromkeys(payload.texts))
        self._said: set[str] = set()

    def next_for(self, post: FoundPost) -> str | None:
        """Return the words for a post, of the text that has not been used for longest."""
        for text in self._turn:
            filled = closed_with(self._payload.filled(text, post.author.lstrip("@")), self._disclosure)
            if filled not in self._said and not self._measure(CommentContent(text=filled)):
                self._turn.remove(text)
                self._turn.append(text)
                self._said.add(filled)
                return filled
        return None


def _handle(author: str) -> str:
    try:
        return handle_of(author)
    except ValueError:
        return ""
