"""Which keys are there, and how much is encrypted with each?"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from shared.crypto import Keyring
from shared.encryption_keys import encrypted_columns
from shared.settings import Settings


@dataclass(frozen=True, slots=True)
class KeyState:
    """One key: the newest encrypts. `known` is false for a key that made ciphertexts and is not in the ring."""

    id: str
    newest: bool
    known: bool
    ciphertexts: int


def keys_in_use(connection: Connection) -> list[str]:
    """Return the ids of the keys that have made what is stored encrypted."""
    return sorted(encrypted_columns.count_by_key(connection))


def state(*, settings: Settings, keyring: Keyring) -> list[KeyState]:
    """Return every key of the ring, newest first, then those that are missing in it."""
    engine = create_engine(settings.database_url_for("owner"), poolclass=NullPool)
    with engine.connect() as connection:
        counts = encrypted_columns.count_by_key(connection)
    ring = [key_id for key_id, _ in keyring.keys]
    missing = sorted(counts.keys() - set(ring))
    return [KeyState(key, newest=key == ring[0], known=key in ring, ciphertexts=counts[key]) for key in [*ring, *missing]]
