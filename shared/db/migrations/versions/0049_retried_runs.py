"""A part of a run may be done again, what was cancelled of it too."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0049_retried_runs.sql")
