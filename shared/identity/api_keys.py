"""How is an API key made, and what of it is stored?

A key reads `csk_<prefix>_<secret>`: the prefix tells keys apart on the screen, the secret has 256 random bits. Only the
SHA-256 of the whole key is stored; with that much randomness a slow hash would add nothing.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import string
from dataclasses import dataclass, field

SHAPE = re.compile(r"csk_[A-Za-z0-9]{8}_[A-Za-z0-9_-]{43}")
_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key at the only moment when its text is known."""

    text: str = field(repr=False)
    prefix: str
    hash: bytes


def make_key() -> NewKey:
    """Return a new key."""
    prefix = "".join(secrets.choice(_LETTERS) for _ in range(8))
    text = f"csk_{prefix}_{secrets.token_urlsafe(32)}"
    return NewKey(text=text, prefix=prefix, hash=hash_of(text))


def hash_of(text: str) -> bytes:
    """Return the hash of a key, which is what is stored of it."""
    return hashlib.sha256(text.encode()).digest()
