"""What holds on a platform: how much may be done there, in which hours, what its rules say? Each connector declares its own.

Nothing here knows a platform by name. `connectors.registry` declares what every manifest says when it is loaded, and each
entry point loads it. On a platform that nobody has declared nothing may be done: what is not known is not allowed.
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
    """Between two actions of this kind (`*`: any) lie at least `min_s` to `max_s` seconds, drawn once for each."""

    action: str
    min_s: float
    max_s: float


@dataclass(frozen=True, slots=True)
class Quiet:
    """From `start` to `end` by the clock of an IANA zone nothing outward begins; over midnight where start is later."""

    start: time
    end: time
    zone: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds for one scope. `quiet` without a zone of its own takes the persona's."""

    rules: tuple[Rule, ...] = ()
    spacing: tuple[Spacing, ...] = ()
    quiet: Quiet | None = None


NOTHING = Limits()

Word = Literal["allowed", "needs_consent", "unsupported", "forbidden"]


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds, the platform's rule in short, and where it stands."""

    word: Word
    rule: str = ""
    source: str = ""


ALLOWED = Policy("allowed")
UNDECLARED = Policy("unsupported", "No connector declares what this platform allows here.")


@dataclass(frozen=True, slots=True)
class PlatformRules:
    """One platform: the limits of each account, its rules by transport, and the hours between two messages to a person.

    `same_recipient_h` None: there is no such rule. `words_after_owner` are what stands in the path of an address right
    after whose it is: `status` in `/maple/status/7`. `at_once` is how many of what a capability orders are made for an
    account at once; what is not in it has no bound.

    `hosts` are those whose addresses are the same site; `short_hosts` only forward to it. `post_path` is what the path of a
    post's address is like, below the site's own (a regular expression that fits all of it; empty: any).
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
    """Say what holds on a platform, in this process."""
    _DECLARED[platform] = rules


def rules_of(platform: str | None) -> PlatformRules:
    """Return what was declared for a platform; for one that nobody declared, rules that allow nothing."""
    return _DECLARED.get(platform or "", _UNKNOWN)


def declared() -> Mapping[str, PlatformRules]:
    """Return what holds on every platform that a connector has declared."""
    return _DECLARED


def words_after_owners() -> frozenset[str]:
    """Return what stands after an owner in the addresses of any platform."""
    return frozenset().union(*(rules.words_after_owner for rules in _DECLARED.values()))
