"""Who owns a local home? A person whose random password is stored in the home."""

from __future__ import annotations

import secrets
from uuid import UUID

from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from shared.identity.sign_in.passwords import make_hash
from shared.identity.store import workspaces
from shared.settings import Settings

EMAIL = "owner@callsheet.internal"


def ensure_local_owner(settings: Settings, workspace: UUID, *, is_password_kept: bool) -> str | None:
    """Make the local owner as the database's owner; safe to repeat.

    Return the new password where one was made: there was no such owner, or their password is stored nowhere; in that case
    all their sessions end.
    """
    engine = create_engine(settings.database_url_for("owner"), poolclass=NullPool)
    with engine.begin() as connection:
        workspaces.set_up_alone(connection)
        person = workspaces.find_person(connection, EMAIL)
        password = None
        if person is None or not is_password_kept:
            password = secrets.token_urlsafe(24)
            person = workspaces.put_person(connection, EMAIL, make_hash(password))
        workspaces.ensure_owner(connection, workspace, person)
        return password
