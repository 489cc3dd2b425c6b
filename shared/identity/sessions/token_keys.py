"""What are access tokens signed with? Keys made of the encryption keys and of a secret that the gateways alone can read.

Somebody who has only one of the two, as a worker has the keys or a thief a copy of the database, cannot sign.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncEngine

from shared.crypto import Keyring
from shared.identity.store import gateway_secrets

NAME = "access-token"
BYTES = 32


class TokenKeys:
    """The signing keys of one gateway; the secret is read once."""

    def __init__(self, engine: AsyncEngine, keyring: Callable[[], Keyring]) -> None:
        self._engine = engine
        self._keyring = keyring
        self._secret: bytes | None = None

    async def keyring(self) -> Keyring:
        """Return the keys, by the ids of the encryption keys, newest first.

        Raises:
            NotConfigured: there are no encryption keys.
            SQLAlchemyError: the database does not answer.
        """
        if self._secret is None:
            async with self._engine.begin() as connection:
                self._secret = await gateway_secrets.ensure(connection, NAME, secrets.token_bytes(BYTES))
        return mixed(self._keyring(), self._secret)


def mixed(keyring: Keyring, secret: bytes) -> Keyring:
    """Return keys that take both the encryption keys and the secret to make."""
    return Keyring(tuple((key_id, _mixed(key, secret)) for key_id, key in keyring.keys))


def _mixed(key: bytes, secret: bytes) -> bytes:
    return base64.urlsafe_b64encode(hmac.digest(secret, base64.urlsafe_b64decode(key), hashlib.sha256))
