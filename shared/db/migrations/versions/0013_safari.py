"""Lanes that one worker at a time may drive."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0013_safari.sql")
