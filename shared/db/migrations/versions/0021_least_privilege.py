"""Nobody but a role without power stands behind what runs as its owner; instants and numbers are finite; one way to the counter."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0021_definer.sql", "0021_finite.sql", "0021_event_numbers.sql")
