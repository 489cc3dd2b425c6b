"""What is done with a database that was restored from a backup, before anything else is connected?

Runs as the owner, over a plain connection.
"""

from __future__ import annotations

from sqlalchemy import Connection

from shared.errors import Conflict
from shared.system.store import restored


def require_empty(connection: Connection) -> None:
    """Check that the database has no table yet.

    Raises:
        Conflict: it has some.
    """
    if not restored.is_empty(connection):
        raise Conflict(code="not_empty", message="The database is not empty. Restore into an empty one.")


def pause_restored(connection: Connection, reason: str, *, end_keys: str | None) -> None:
    """Pause every workspace until somebody resumes it; with `end_keys`, keys of this name are revoked."""
    restored.pause_everything(connection, reason)
    if end_keys is not None:
        restored.revoke_keys(connection, end_keys)
