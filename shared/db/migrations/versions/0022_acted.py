"""Tasks whose outward steps are done stand in lines of their own."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0022_acted.sql")
