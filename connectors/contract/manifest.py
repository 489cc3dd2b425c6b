"""What does a connector declare about its platform? Data only: the gateway and the CLI read nothing else of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal
from urllib.parse import urlsplit

from connectors.contract.following import AS_USUAL, Following
from connectors.contract.sign_in import OAuth, Secret
from shared.platform_rules import Limits, PlatformRules, Policy

Transport = Literal["api", "safari", "chromium"]
Verification = Literal["keyed", "searchable", "blind"]
Kind = Literal["action", "reading"]
KeyForm = Literal["hash", "uuid", "tid"]  # a TID is a timestamp identifier of AT Protocol


@dataclass(frozen=True, slots=True)
class Capability:
    """One thing a connector can do over one transport.

    `verification` says how an unknown outcome is settled: the platform takes our key, or the action can be read back, or
    neither. `visibility_s` is how long after the call's deadline a read may still miss the result; `call_s` bounds the call
    itself; both in seconds. `max_text` is counted in `text_unit`, as the connector's `measure.py` counts; `seconds` are the
    lengths in which films are offered. `repeats` is false where the platform refuses a text that the account wrote there
    before. `shows_target` is false where reading back does not show the target of an action: a list of orders shows only
    their words. `at_once` is how many of what it orders the platform makes for an account at once (0: no limit).

    `key_form` is the form of key that the platform takes, and `key_lasts_s` how long (in seconds) it makes nothing twice
    under one: within that time a call without an answer is repeated (0: it is only looked up). `following` is the schedule
    of looks at what the platform makes, until it is made. `source` says where the figures come from. A `reading` changes
    nothing, so it has no verification and no text.
    """

    name: str
    transport: Transport
    call_s: float
    source: str
    kind: Kind = "action"
    verification: Verification = "blind"
    visibility_s: float = 0
    max_text: int = 0
    text_unit: str = "characters"
    seconds: tuple[int, ...] = ()
    repeats: bool = True
    shows_target: bool = True
    at_once: int = 0
    key_form: KeyForm = "hash"
    key_lasts_s: float = 0
    following: Following = AS_USUAL

    def also(self, *transports: Transport) -> tuple[Capability, ...]:
        """Return this capability, and the same over other transports."""
        return (self, *(replace(self, transport=transport) for transport in transports))


@dataclass(frozen=True, slots=True)
class Unsupported:
    """Something the platform's users do and this connector does not, with the reason."""

    name: str
    transport: Transport
    reason: str


@dataclass(frozen=True, slots=True)
class Closed:
    """A service that its owner has shut down: its hosts, what it was, since when, and the source."""

    hosts: tuple[str, ...]
    what: str
    on: date
    source: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """One platform.

    `origin` is the address with which the real site's pages start; `other_hosts` are hosts, in small letters, at which the
    same paths are the same pages: without `www`, for phones, of an older name. `words_after_owner` are the words that follow
    the owner in the path of an address. `short_hosts` are hosts that only forward to posts, and `post_path` is a regular
    expression for the whole path of a post's address below the origin; a platform with comments declares it.

    `limits` hold for each account for which no others were set, `policy` is what the platform's rules say about each
    transport in use, and `same_recipient_h` how many hours pass between two messages to the same person (None: no
    such rule). None of these has a default: whoever adds a platform must look them up.

    A practice account differs only in its origin. `closed` are hosts whose service was shut down; other hosts of the same
    service are not among them. `other_names` are what people call the platform besides.

    `oauth` and `secret` are how an account signs in at the platform's API; a browser account signs in in its window.
    """

    platform: str
    name: str
    origin: str
    other_hosts: tuple[str, ...]
    words_after_owner: tuple[str, ...]
    limits: Limits
    policy: Mapping[str, Policy]
    same_recipient_h: float | None
    capabilities: tuple[Capability, ...]
    unsupported: tuple[Unsupported, ...] = ()
    settings: tuple[str, ...] = ()
    can_switch_accounts: bool = False
    oauth: OAuth | None = None
    secret: Secret | None = None
    closed: tuple[Closed, ...] = ()
    other_names: tuple[str, ...] = ()
    short_hosts: tuple[str, ...] = ()
    post_path: str = ""

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every host that an address of the real site may have, its origin's first."""
        return (urlsplit(self.origin).hostname or "", *self.other_hosts)

    @property
    def rules(self) -> PlatformRules:
        """The rules on this platform, in the form in which the engine takes them."""
        return PlatformRules(
            limits=self.limits,
            policy=self.policy,
            same_recipient_h=self.same_recipient_h,
            words_after_owner=frozenset(self.words_after_owner),
            at_once={one.name: one.at_once for one in self.capabilities if one.at_once},
            hosts=self.hosts,
            short_hosts=frozenset(self.short_hosts),
            post_path=self.post_path,
        )

    def capability(self, name: str, transport: str) -> Capability | None:
        """Return the capability of that name over that transport, or None."""
        return next((c for c in self.capabilities if (c.name, c.transport) == (name, transport)), None)

    def closed_at(self, url: str) -> Closed | None:
        """Return what was shut down at the host of this address, or None."""
        host = (urlsplit(url).hostname or "").rstrip(".")
        return next((closed for closed in self.closed if host in closed.hosts), None)
