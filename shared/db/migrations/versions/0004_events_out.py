"""Events out of the house: webhooks, deliveries, notifications."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0004_events_out.sql")
