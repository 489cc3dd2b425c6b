"""How is a restored database changed before its first use?

Runs as the owner, over a plain connection, before anything else is connected.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from shared.engine.store.scopes import PAUSE_EVERYTHING
from shared.ids import SYSTEM_WORKSPACE


def is_empty(connection: Connection) -> bool:
    """Return whether the database has no table yet."""
    query = text("SELECT NOT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public')")
    return bool(connection.execute(query).scalar_one())


def pause_everything(connection: Connection, reason: str) -> None:
    """Pause every workspace until somebody resumes it."""
    connection.execute(text(PAUSE_EVERYTHING), {"reason": reason, "system": SYSTEM_WORKSPACE})


def revoke_keys(connection: Connection, name: str) -> None:
    """End the keys of this name."""
    statement = text("UPDATE api_keys SET revoked_at = clock_timestamp() WHERE name = :name AND revoked_at IS NULL")
    connection.execute(statement, {"name": name})
