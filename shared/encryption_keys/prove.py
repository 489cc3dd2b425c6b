"""Do the available keys decrypt everything that is encrypted?"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from shared.crypto import Keyring
from shared.encryption_keys import encrypted_columns
from shared.settings import Settings

AT_ONCE = 500


def prove(*, settings: Settings, keyring: Keyring) -> int:
    """Decrypt every ciphertext once, and drop the content; return how many there are.

    Raises:
        NotConfigured: one of them cannot be decrypted.
    """
    engine = create_engine(settings.database_url_for("owner"), poolclass=NullPool)
    opened = 0
    with engine.connect() as connection:
        for at in encrypted_columns.SEALED:
            after = UUID(int=0)
            while rows := encrypted_columns.page(connection, at, after, AT_ONCE):
                for row in rows:
                    keyring.open(row.sealed, owner=str(row.owner), account=str(row.id))
                after, opened = rows[-1].id, opened + len(rows)
    return opened
