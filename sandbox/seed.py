"""Which people and posts does a practice platform have before anybody does anything?

Everything is computed from the platform's name, so that every start, machine and test sees the same.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import product

FIRST = ("maple", "harbor", "velvet", "copper", "juniper", "lantern", "willow", "pebble", "saffron", "cobalt")
SECOND = ("studio", "kitchen", "trails", "films", "ceramics", "garden", "runner", "press")
# What posts are about, each with the hashtag that people search for.
SUBJECTS = (
    ("the first light over the old pier", "photography"),
    ("a new glaze that took eleven tries", "ceramics"),
    ("bread that finally rose the way it should", "baking"),
    ("the quiet part of the ridge walk", "hiking"),
    ("behind the scenes of our short film", "filmmaking"),
    ("three plants that survive any flat", "houseplants"),
    ("the poster we printed by hand this morning", "printmaking"),
    ("a ten minute dinner for a rainy day", "cooking"),
    ("what a slow Sunday in the workshop looks like", "makers"),
)
OPENINGS = ("Today:", "Finally:", "Joy:", "New here:", "For everyone who asked:", "Work in progress:", "Look:", "Made:")
REPLIES = ("This made my morning.", "How long did that take you?", "Saving this for the weekend.", "Love the colours here.")
POSTS = 72
DEMO = "demo"
OWN = 2  # posts of the demo account, after those of the others


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a profile, who can be written to."""

    handle: str
    name: str


@dataclass(frozen=True, slots=True)
class Post:
    """Something that can be commented on; its path is below the platform's prefix."""

    id: str
    author: str
    text: str
    path: str

    @property
    def at(self) -> str:
        """When it was posted."""
        pick = int(digest("at", self.id)[:8], 16)
        return f"2026-01-{1 + pick % 28:02d}T{pick % 24:02d}:{pick % 60:02d}:00.000000Z"


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment that other people left before anybody came."""

    id: str
    account: str
    text: str
    at: str


def digest(*parts: str) -> str:
    """Answer a stable hexadecimal digest of the parts."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def people() -> dict[str, Person]:
    """Answer the eighty people of every practice platform, by handle."""
    found = [Person(f"{a}_{b}", f"{a.title()} {b.title()}") for a, b in product(FIRST, SECOND)]
    return {person.handle: person for person in found}


def author(platform: str, index: int) -> str:
    """Answer who wrote the post with this number."""
    if POSTS <= index < POSTS + OWN:
        return DEMO
    handles = list(people())
    return handles[(index * 7 + len(platform)) % len(handles)]


def caption(platform: str, index: int) -> str:
    """Answer the text of the post with this number."""
    pick = int(digest(platform, "caption", str(index))[:8], 16)
    subject, tag = SUBJECTS[index % len(SUBJECTS)]
    return f"{OPENINGS[pick % len(OPENINGS)]} {subject}. #{tag} #{index + 1}"


def counts(platform: str, post: Post) -> dict[str, int]:
    """Answer how often a post was liked, passed on, answered and seen, by other people and from the start."""
    pick = int(digest(platform, "counts", post.id)[:8], 16)
    return {"likes": pick % 4000, "reposts": pick % 130, "replies": len(remarks(platform, post)), "views": pick % 90_000}


def remarks(platform: str, post: Post) -> list[Remark]:
    """Answer the two comments that stand under a post from the start, older than any of ours."""
    pick = int(digest(platform, "remarks", post.id)[:8], 16)
    handles = list(people())
    return [
        Remark(
            id=str(17_700_000_000_000_000 + pick * 4 + n),
            account=handles[(pick + n * 13) % len(handles)],
            text=REPLIES[(pick + n) % len(REPLIES)],
            at=f"2026-01-{1 + pick % 27:02d}T0{n}:00:00.000000Z",
        )
        for n in (1, 2)
    ]
