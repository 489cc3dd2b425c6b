"""What does a sign-in by OAuth 2 promise? The steps that a connector's client does, as use cases know them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

LEAST_AHEAD_S = 300.0


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a platform gave out; `expires_in` is in seconds, None where it did not say."""

    access: str = field(repr=False)
    refresh: str | None = field(default=None, repr=False)
    expires_in: float | None = None


@dataclass(frozen=True, slots=True)
class Who:
    """Whose token it is, in the platform's own words: an id that stays, and a handle without `@`."""

    id: str
    handle: str


class OAuth(Protocol):
    """One platform's OAuth 2 for our app.

    All but `authorize` raise:
        Transient, RateLimited: it did not answer, or not usefully; a token may still be good.
        AuthExpired: the code or token never works again.
        NotConfigured: our app is not known there, or may not do this.
        Conflict: the address may not be called from here.
    """

    def authorize(self, state: str, verifier: str) -> str:
        """The address that a person opens, with the challenge of this verifier (PKCE, S256)."""

    async def exchange(self, code: str, verifier: str) -> Tokens:
        """Tokens for the code that came back."""

    async def refresh(self, refresh_token: str) -> Tokens:
        """Fresh tokens; without a refresh token among them the old one stays good."""

    async def revoke(self, token: str) -> bool:
        """End a token; False where the platform has no way to."""

    async def who(self, access_token: str) -> Who:
        """Whose token it is."""


# The OAuth of a platform; raises NotFound, Conflict or NotConfigured where there is none.
OAuthOf = Callable[[str], OAuth]


def refresh_after(expires_in: float | None) -> timedelta | None:
    """How long after a token came it is refreshed: a quarter of its life ahead, at least 5 minutes, at most half of it.

    A token whose end is not known is refreshed when the platform refuses it.
    """
    if expires_in is None:
        return None
    ahead = min(max(expires_in / 4, LEAST_AHEAD_S), expires_in / 2)
    return timedelta(seconds=math.floor(expires_in - ahead))
