"""Who is to move up in a line is found without those who have moved up already."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0035_ageing.sql")
