"""What others wrote to our accounts."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0014_interactions.sql")
