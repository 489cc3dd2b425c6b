"""References to a run can be stored while one of its parts ends."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0020_held_rows.sql")
