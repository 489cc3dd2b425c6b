"""A run whose tasks were cancelled before any of them was done is cancelled, and has not failed."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0042_cancelled_runs.sql")
