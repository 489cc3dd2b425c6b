"""Recurring work and the archive."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0005_schedules.sql")
