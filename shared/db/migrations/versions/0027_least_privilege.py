"""Nobody but a role without power stands behind what runs as its owner; instants and numbers are finite; one way to the counter."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0027_definer.sql", "0027_finite.sql", "0027_event_numbers.sql")
