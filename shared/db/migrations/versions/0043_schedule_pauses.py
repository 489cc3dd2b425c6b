"""A schedule may be paused, and leave days and times out."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0043_schedule_pauses.sql")
