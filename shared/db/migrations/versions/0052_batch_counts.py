"""What counts tasks that are out counts batches by their rows, and indexes of single messages leave batches out."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0052_batch_counts.sql")
