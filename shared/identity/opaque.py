"""How are opaque tokens made, and what of them is stored?

A token reads `<prefix>_<secret>`; the secret has 256 random bits, and only the SHA-256 of the whole is stored.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

from shared.crypto import Keyring

REFRESH, INVITATION, TICKET, SETUP, HOST, DOOR = "csr", "csi", "cst", "css", "csh", "csd"
SHAPE = r"[A-Za-z0-9_-]{43}"


@dataclass(frozen=True, slots=True)
class Opaque:
    """A token at the only moment when its text is known."""

    text: str = field(repr=False)
    hash: bytes


def make_opaque(prefix: str) -> Opaque:
    """Return a new token."""
    return known(f"{prefix}_{secrets.token_urlsafe(32)}")


def known(text: str) -> Opaque:
    """Return a token from its text."""
    return Opaque(text, hashlib.sha256(text.encode()).digest())


def successor_of(token: Opaque, keyring: Keyring) -> Opaque:
    """Return the refresh token that follows, always the same one: asking twice must not start a second family."""
    key = keyring.derive("refresh-token").encode()
    secret = hmac.digest(key, token.text.encode(), "sha256")
    return known(f"{REFRESH}_{base64.urlsafe_b64encode(secret).decode().rstrip('=')}")
