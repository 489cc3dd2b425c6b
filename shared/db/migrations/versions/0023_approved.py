"""What was approved is what goes out: the text as it is sent, its account and its time."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0023_approved.sql")
