"""Limits: budgets, spacing, quiet hours, cooldowns, consent, and people who are not to be contacted."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0002_limits.sql")
