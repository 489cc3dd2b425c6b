"""What a task has made is kept by its steps; it says how far it is, and waits between two looks."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0046_steps.sql")
