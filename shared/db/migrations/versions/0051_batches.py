"""A message of tasks without effects is a row, which holds the lease of all of them."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0051_batches.sql")
