"""A forecast finds who is parked without those who are parked elsewhere."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0037_parked_places.sql")
