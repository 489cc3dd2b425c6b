"""What does a sign-in by OAuth 2 offer? The steps that a connector's client implements, as use cases see them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

LEAST_AHEAD_S = 300.0


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens that a platform issued; `expires_in` is in seconds, None where it did not say."""

    access: str = field(repr=False)
    refresh: str | None = field(default=None, repr=False)
    expires_in: float | None = None


@dataclass(frozen=True, slots=True)
class Who:
    """The owner of a token, as the platform names them: an id that stays, and a handle without `@`."""

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
        """Return the address that a person opens, with the challenge of this verifier (PKCE, S256)."""

    async def exchange(self, code: str, verifier: str) -> Tokens:
        """Exchange the code that came back for tokens."""

    async def refresh(self, refresh_token: str) -> Tokens:
        """Return fresh tokens; where they include no refresh token the old one stays valid."""

    async def revoke(self, token: str) -> bool:
        """Revoke a token; return False where the platform has no way to."""

    async def who(self, access_token: str) -> Who:
        """Return whose token it is."""


# The OAuth of a platform; raises NotFound, Conflict or NotConfigured where there is none.
OAuthOf = Callable[[str], OAuth]


def refresh_after(expires_in: float | None) -> timedelta | None:
    """Return how long after its issue a token is refreshed: 1/4 of its life ahead, at least 5 min, at most half its life.

    A token whose end is not known is refreshed when the platform refuses it.
    """
    if expires_in is None:
        return None
    ahead = min(max(expires_in / 4, LEAST_AHEAD_S), expires_in / 2)
    return timedelta(seconds=math.floor(expires_in - ahead))
