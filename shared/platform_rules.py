"""Which rules hold on a platform: how much may be done, in which hours, what is allowed? Each connector declares its own.

Nothing here knows a platform by name. `connectors.registry` declares the rules of every manifest when it is loaded, and each
entry point loads it. On a platform without declared rules nothing may be done: what is not known is not allowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Literal


@dataclass(frozen=True, slots=True)
class Rule:
    """At most `max` actions of this kind (`*`: any outward action) in any rolling window of `window_s` seconds."""

    action: str
    window_s: int
    max: int


@dataclass(frozen=True, slots=True)
class Spacing:
    """Between two actions of this kind (`*`: any) at least `min_s` to `max_s` seconds pass, drawn once for each."""

    action: str
    min_s: float
    max_s: float


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours from `start` to `end`, in an IANA zone, in which nothing outward begins; over midnight where start is later."""

    start: time
    end: time
    zone: str


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one scope. `quiet` without a zone of its own takes the persona's."""

    rules: tuple[Rule, ...] = ()
    spacing: tuple[Spacing, ...] = ()
    quiet: Quiet | None = None


NOTHING = Limits()

Word = Literal["allowed", "needs_consent", "unsupported", "forbidden"]


@dataclass(frozen=True, slots=True)
class Policy:
    """Whether actions are allowed, the platform's rule in short, and its source."""

    word: Word
    rule: str = ""
    source: str = ""


ALLOWED = Policy("allowed")
UNDECLARED = Policy("unsupported", "No connector declares what this platform allows here.")


@dataclass(frozen=True, slots=True)
class PlatformRules:
    """One platform: the limits of each account, its rules by transport, and the hours between two messages to a person.

    `same_recipient_h` None: there is no such rule. `words_after_owner` are the words in the path of an address right
    after its owner: `status` in `/maple/status/7`. `at_once` is how many of what a capability orders are made for an
    account at once; a capability that it lacks has no bound.

    `hosts` are those whose addresses are the same site; `short_hosts` only forward to it. `post_path` is the form of the
    path of a post's address, below the site's own (a regular expression that fits all of it; empty: any).
    """

    limits: Limits = NOTHING
    policy: Mapping[str, Policy] = field(default_factory=dict)
    same_recipient_h: float | None = None
    words_after_owner: frozenset[str] = frozenset()
    at_once: Mapping[str, int] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()
    short_hosts: frozenset[str] = frozenset()
    post_path: str = ""


_DECLARED: dict[str, PlatformRules] = {}
_UNKNOWN = PlatformRules()


def declare(platform: str, rules: PlatformRules) -> None:
    """Declare the rules of a platform, in this process."""
    _DECLARED[platform] = rules


def rules_of(platform: str | None) -> PlatformRules:
    """Return the rules that were declared for a platform; for an undeclared one, rules that allow nothing."""
    return _DECLARED.get(platform or "", _UNKNOWN)


def declared() -> Mapping[str, PlatformRules]:
    """Return the rules of every declared platform."""
    return _DECLARED


def words_after_owners() -> frozenset[str]:
    """Return the words that follow an owner in the addresses of any platform."""
    return frozenset().union(*(rules.words_after_owner for rules in _DECLARED.values()))
