"""Dispatchers end transactions that are open for longer than any role may have one."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0036_overlong_transactions.sql")
