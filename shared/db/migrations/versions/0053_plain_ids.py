"""Arrays of ids are stored as they are."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0053_plain_ids.sql")
