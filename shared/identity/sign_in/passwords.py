"""How are passwords checked and stored? With Argon2, in threads, at most two at once, since each takes 64 MB and a core."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable
from typing import TypeVar

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from shared.errors import Conflict, Transient
from shared.identity.sign_in.common_passwords import is_common

SHORTEST = 12
LONGEST = 256
AT_ONCE = 2
# While this many wait, further ones are refused: at 0.2 s each, these take 5 s.
MOST_WAITING = 50
T = TypeVar("T")

# 64 MiB, three passes, four lanes: the second choice of RFC 9106, for machines that do other work too.
_hashes = PasswordHash((Argon2Hasher(time_cost=3, memory_cost=65_536, parallelism=4),))

# An unknown e-mail is checked against this, so that it takes as long as a known one: 256 bits that were not kept.
NOBODYS = "$argon2id$v=19$m=65536,t=3,p=4$Qy7ZxpGbQlWgy5nKl8u4Gg$sRrz/mqy0lMaQrkbsYkf1K6Ns0pj3/feeYnThY+xFR8"


class Passwords:
    """Hashes and checks. One for each process, since it bounds how many run."""

    def __init__(self) -> None:
        self._running = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """Return the hash of a password.

        Raises:
            Busy: too many are waiting already.
        """
        return await self._in_thread(lambda: make_hash(password))

    async def matches(self, password: str, kept: str | None) -> bool:
        """Return whether it is the password; takes as long where there is none to compare with (`kept` is None).

        Raises:
            Busy: too many are waiting already.
        """
        against = kept or NOBODYS
        same = await self._in_thread(lambda: _hashes.verify(_normal(password), against))
        return same and kept is not None

    async def _in_thread(self, work: Callable[[], T]) -> T:
        if self._waiting >= MOST_WAITING:
            raise Busy
        self._waiting += 1
        try:
            async with self._running:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1


class Busy(Transient):
    """Too many passwords wait to be checked."""

    def __init__(self) -> None:
        super().__init__(code="busy", message="Too many people sign in just now: try again in a moment.")


def make_hash(password: str) -> str:
    """Return the hash of a password; takes about 0.2 s."""
    return _hashes.hash(_normal(password))


def require_strong(password: str, *, email: str) -> None:
    """Refuse passwords that are guessed first. The request's schema checks the length; there are no rules of composition.

    Raises:
        Conflict: it is common, or known from a breach, or made of the person's own address.
    """
    if is_common(password) or _is_made_of(password, email):
        message = "This password is among those that are guessed first: take another, best some words of your own."
        raise Conflict(code="weak_password", field="password", message=message)


def _is_made_of(password: str, email: str) -> bool:
    said = password.casefold()
    return any(part and said.strip("0123456789!?._- ") == part for part in (email, email.partition("@")[0], "callsheet"))


def _normal(password: str) -> bytes:
    """Return the password normalised: keyboards compose the same letters differently (NIST SP 800-63B, 5.1.1.2)."""
    return unicodedata.normalize("NFC", password).encode()
