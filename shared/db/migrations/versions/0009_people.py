"""People, sessions, members, invitations, and keys that say when they were used."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0009_people.sql")
