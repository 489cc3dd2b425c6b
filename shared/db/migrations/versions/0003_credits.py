"""Credits: observations, reservations, runs."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0003_credits.sql")
