"""Forecasts, kept so that they can be checked."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0008_forecasts.sql")
