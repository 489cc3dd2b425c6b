"""A run may be for no account, or for many."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0045_runs_of_no_account.sql")
