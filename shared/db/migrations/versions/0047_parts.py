"""The parts of one post are one in the budgets."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0047_parts.sql")
