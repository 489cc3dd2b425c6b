"""Sleep, its wakes, and circuit breakers."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0006_sleep.sql")
