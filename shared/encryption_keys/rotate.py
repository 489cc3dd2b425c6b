"""How is everything that is encrypted moved to the newest key, while all runs on?"""

from __future__ import annotations

from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from shared.crypto import Keyring
from shared.encryption_keys import encrypted_columns
from shared.settings import Settings

AT_ONCE = 100


def rotate(*, settings: Settings, keyring: Keyring) -> int:
    """Encrypt again, with the newest key, what older ones encrypted; return how many values that were.

    In transactions of 100 rows, each locked for as long as it takes: a reader in between finds the old or the new
    ciphertext, and the ring decrypts both. Safe to repeat, and to interrupt.

    Raises:
        NotConfigured: a value was encrypted with a key that is not in the ring.
    """
    newest = keyring.keys[0][0]
    engine = create_engine(settings.database_url_for("owner"), poolclass=NullPool)
    moved = 0
    for at in encrypted_columns.SEALED:
        while True:
            with engine.begin() as connection:
                rows = encrypted_columns.lock_old(connection, at, newest, AT_ONCE)
                for row in rows:
                    owner, account = str(row.owner), str(row.id)
                    secret = keyring.open(row.sealed, owner=owner, account=account)
                    encrypted_columns.keep(connection, at, row.id, keyring.seal(secret, owner=owner, account=account))
            moved += len(rows)
            if not rows:
                break
    return moved
