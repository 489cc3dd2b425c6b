"""Runs that search and comment, windows for messages, and hours in which a task may run."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0018_runs.sql")
