"""Dispatchers know a database that came back from an earlier state, and what may have been done in the span that it lost."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0032_database_notes.sql")
